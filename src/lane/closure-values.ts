/**
 * What a function closed over, read through the inspector of the own isolate.
 *
 * V8 shows the scopes of a function to its inspector alone. A session to the own isolate needs no
 * flag and opens no port. The domain `Debugger` is switched on only for the moments in which the
 * source of a new script is fetched: while it is on, every `await` of the isolate takes a slow path.
 */
import type { Session } from 'node:inspector';

/** One scope of a function, innermost first in a list. */
export interface ClosureScope {
  /** As V8 names it: `Closure (make)`, `Block`, `Module`, `Script`, `With Block` … */
  readonly description: string;
  /** Its variables as own properties. */
  readonly object: Record<string, unknown>;
}

export interface Closure {
  readonly scopes: readonly ClosureScope[];
  /** Where V8 has the function, counted from 0; absent for functions without a script. */
  readonly location: { scriptId: string; lineNumber: number; columnNumber: number } | undefined;
}

/** A script as V8 compiled it: after loaders, bundlers and minifiers. */
export interface Script {
  readonly url: string;
  readonly isModule: boolean;
  readonly source: string;
  /** Place of its first character, for scripts that were compiled as a part of a file. */
  readonly startLine: number;
  readonly startColumn: number;
}

let calls = 0;
let inspector: Inspector | null | undefined;

/** How many functions have been looked at through the inspector in this isolate. */
export function inspectedFunctions(): number {
  return calls;
}

/** The closure of a function, or `undefined` on a runtime whose inspector cannot tell. */
export function closureOf(fn: (...values: never[]) => unknown): Closure | undefined {
  calls++;
  if (inspector === undefined) inspector = Inspector.open();
  return inspector?.closureOf(fn);
}

/** The script a function came from, or `undefined` when V8 has dropped it. */
export function scriptOf(scriptId: string): Script | undefined {
  return inspector?.scriptOf(scriptId);
}

/** The value of a variable in a scope, if it has one yet. */
export function readScope(
  scope: ClosureScope,
  name: string,
): { value: unknown } | 'absent' | 'uninitialised' {
  try {
    if (!Object.hasOwn(scope.object, name)) {
      return scope.description.startsWith('With') && name in scope.object
        ? { value: scope.object[name] }
        : 'absent';
    }
    return { value: scope.object[name] };
  } catch {
    // Newer versions of V8 throw for a variable before its declaration was run.
    return 'uninitialised';
  }
}

interface InternalProperty {
  name: string;
  value?: { objectId?: string; value?: unknown };
}

interface ParsedScript {
  scriptId: string;
  url: string;
  isModule?: boolean;
  startLine: number;
  startColumn: number;
}

const GROUP = 'backbeat-closure';
const EXCHANGE = Symbol.for('backbeat.exchange');

/** The session, and an object through which values pass from the inspector to this code. */
class Inspector {
  readonly #session: Session;
  readonly #exchange: { target: unknown; received: unknown };
  readonly #exchangeId: string;

  static open(): Inspector | null {
    try {
      const { Session } = process.getBuiltinModule('node:inspector');
      const session = new Session();
      session.connect();
      return new Inspector(session);
    } catch {
      return null;
    }
  }

  private constructor(session: Session) {
    this.#session = session;
    this.#exchange = { target: undefined, received: undefined };
    const holder = globalThis as Record<symbol, unknown>;
    holder[EXCHANGE] = this.#exchange;
    try {
      const { result } = this.#post<{ result: { objectId: string } }>('Runtime.evaluate', {
        expression: "globalThis[Symbol.for('backbeat.exchange')]",
        objectGroup: 'backbeat',
      });
      this.#exchangeId = result.objectId;
    } finally {
      delete holder[EXCHANGE];
    }
  }

  closureOf(fn: unknown): Closure | undefined {
    this.#exchange.target = fn;
    try {
      const objectId = this.#call(this.#exchangeId, 'function () { return this.target; }');
      const { internalProperties = [] } = this.#post<{ internalProperties?: InternalProperty[] }>(
        'Runtime.getProperties',
        { objectId, ownProperties: true, objectGroup: GROUP },
      );
      const internal = (name: string): InternalProperty['value'] =>
        internalProperties.find((property) => property.name === name)?.value;
      const scopesId = internal('[[Scopes]]')?.objectId;
      if (scopesId === undefined) return undefined;
      this.#call(scopesId, 'function (exchange) { exchange.received = this; }', this.#exchangeId);
      const location = internal('[[FunctionLocation]]')?.value as Closure['location'];
      return { scopes: scopeList(this.#exchange.received), location };
    } catch {
      return undefined;
    } finally {
      this.#exchange.target = undefined;
      this.#exchange.received = undefined;
      // Object ids hold what they name; without this the closures would never be collected.
      this.#post('Runtime.releaseObjectGroup', { objectGroup: GROUP });
    }
  }

  scriptOf(scriptId: string): Script | undefined {
    let about: ParsedScript | undefined;
    const note = ({ params }: { params: ParsedScript }): void => {
      if (params.scriptId === scriptId) about = params;
    };
    this.#session.on('Debugger.scriptParsed', note as never);
    try {
      // Switching it on tells of every script there is.
      this.#post('Debugger.enable');
      if (about === undefined) return undefined;
      const { url, isModule = false, startLine, startColumn } = about;
      const { scriptSource: source } = this.#post<{ scriptSource: string }>(
        'Debugger.getScriptSource',
        { scriptId },
      );
      return { url, isModule, source, startLine, startColumn };
    } catch {
      return undefined;
    } finally {
      this.#post('Debugger.disable');
      this.#session.off('Debugger.scriptParsed', note as never);
    }
  }

  #call(objectId: string, functionDeclaration: string, argumentId?: string): string {
    const { result } = this.#post<{ result: { objectId: string } }>('Runtime.callFunctionOn', {
      objectId,
      functionDeclaration,
      arguments: argumentId === undefined ? [] : [{ objectId: argumentId }],
      objectGroup: GROUP,
      silent: true,
    });
    return result.objectId;
  }

  /** A session of the own isolate answers before `post` returns. */
  #post<Result>(method: string, parameters?: object): Result {
    let answer: { error: Error | null; result: unknown } | undefined;
    this.#session.post(method, parameters, (error, result) => {
      answer = { error, result };
    });
    if (answer === undefined) throw new Error(`the inspector did not answer ${method} at once`);
    if (answer.error) throw answer.error;
    return answer.result as Result;
  }
}

/** V8's list is an array without a prototype, and so are its entries. */
function scopeList(received: unknown): ClosureScope[] {
  return Array.prototype.slice
    .call(received)
    .filter(({ description }: ClosureScope) => description !== 'Global');
}
