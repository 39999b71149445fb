/**
 * Finds workers by the beginning of their names without looking at all of them.
 *
 * A tree over the characters of the names that is built by the questions asked: a node is a plain
 * list until a question goes deeper than it, and only then split by the next character. Arming a
 * worker costs nothing here; the first question looks at every name once per character of its
 * prefix, later ones at the workers they return and those that came since.
 *
 * Entries may be stale (the worker left the pool); the reader checks. The owner drops the index
 * when most of it is stale.
 */

/** What is indexed. */
export interface Named {
  readonly name: string | undefined;
}

/** A node is left as a list up to this many workers. */
const LEAF_SIZE = 64;

interface IndexNode<T> {
  /** Workers of this node that were not handed to a child. */
  list: T[];
  /** By the next UTF-16 unit of the name; -1 for names that end here. */
  children: Map<number, IndexNode<T>> | undefined;
}

/** See the head of the file. */
export class NameIndex<T extends Named> {
  readonly #root: IndexNode<T> = { list: [], children: undefined };
  #size = 0;

  /** Number of entries, stale ones included. */
  get size(): number {
    return this.#size;
  }

  /** Adds a worker; one without a name is not indexed. */
  add(worker: T): void {
    if (worker.name === undefined) return;
    this.#root.list.push(worker);
    this.#size++;
  }

  /** Calls `visit` with every worker whose name begins with `prefix`, in no particular order. */
  visit(prefix: string, visit: (worker: T) => void): void {
    let node = this.#root;
    for (let depth = 0; depth < prefix.length; depth++) {
      if (node.children === undefined && node.list.length <= LEAF_SIZE) break;
      splitList(node, depth);
      const child = node.children?.get(prefix.charCodeAt(depth));
      if (child === undefined) return;
      node = child;
    }
    visitAll(node, (worker) => {
      if (worker.name?.startsWith(prefix) === true) visit(worker);
    });
  }
}

/** Hands what a node holds to its children. */
function splitList<T extends Named>(node: IndexNode<T>, depth: number): void {
  node.children ??= new Map();
  for (const worker of node.list) {
    const name = worker.name ?? '';
    const key = depth < name.length ? name.charCodeAt(depth) : -1;
    const child = node.children.get(key);
    if (child === undefined) node.children.set(key, { list: [worker], children: undefined });
    else child.list.push(worker);
  }
  node.list = [];
}

function visitAll<T>(node: IndexNode<T>, visit: (worker: T) => void): void {
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    next.list.forEach(visit);
    if (next.children !== undefined) open.push(...next.children.values());
  }
}
