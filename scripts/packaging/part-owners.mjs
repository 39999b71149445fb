// Which part of the package each module belongs to, by the table in bundle-entries.mjs.
import { join, posix } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../toolchain.mjs';

const SOURCES = 'src';
/** The folder of the sources, with the separator behind it. */
export const SOURCE_FOLDER = join(ROOT, SOURCES, '/');

/** The parts, and what is known of modules by their paths below `src`. */
export class PartOwners {
  /** @param parts in their order; @param names exported by each module; @param imports of each module */
  constructor(parts, names, imports) {
    this.parts = parts;
    this.names = names;
    this.owner = new Map();
    const roots = new Map(parts.flatMap((part) => part.roots.map((root) => [root, part])));
    for (const part of parts) {
      part.modules = [];
      const open = [...part.roots];
      for (let module = open.pop(); module !== undefined; module = open.pop()) {
        const isElsewhere = this.owner.has(module) || (roots.get(module) ?? part) !== part;
        if (isElsewhere || part.modules.includes(module)) continue;
        part.modules.push(module);
        open.push(...imports.get(module));
      }
      // A thread's part has copies of what no earlier part has.
      if (!part.thread) for (const module of part.modules) this.owner.set(module, part);
    }
    const wrong = parts.flatMap((part) =>
      part.modules.flatMap((module) =>
        imports
          .get(module)
          .filter((to) => this.way(part, to) === undefined)
          .map((to) => `${module} (${part.name}) imports ${to} (${this.owner.get(to)?.name})`),
      ),
    );
    if (wrong.length > 0)
      throw new Error(`a later part, or no root on demand:\n${wrong.join('\n')}`);
  }

  /** The name of an export among those of a part: its own, as far as it is the only one there. */
  key(part, module, name) {
    const holders = part.modules.filter((other) => this.names.get(other).includes(name));
    const first = holders.find((other) => part.roots.includes(other)) ?? holders[0];
    if (module === first && /^\w+$/.test(name) && name !== 'default') return name;
    return `${name.replace(/\W/, '_')}_${part.modules.indexOf(module)}`;
  }

  /**
   * How a part gets at a module: `inside` itself, `at once` from another file, `on demand`, or undefined
   * when it must not.
   */
  way(part, module) {
    if (part.modules.includes(module)) return 'inside';
    const owner = this.owner.get(module);
    const isEarlier = this.parts.indexOf(owner) < this.parts.indexOf(part);
    const isLoaded = !owner?.onDemand || part.onDemand || part.thread;
    if (owner !== undefined && isEarlier && isLoaded) return 'at once';
    return owner?.onDemand && owner.roots.includes(module) ? 'on demand' : undefined;
  }
}

/** @param parts as in bundle-entries.mjs */
export async function readOwners(parts) {
  const entryPoints = parts.flatMap(({ roots }) => roots.map((root) => join(SOURCES, root)));
  const { metafile } = await build({ ...READING, entryPoints, bundle: true });
  const below = (path) => posix.relative(SOURCES, path);
  const inputs = Object.entries(metafile.inputs);
  const imports = new Map(
    inputs.map(([path, input]) => [
      below(path),
      input.imports.filter(({ external }) => !external).map((to) => below(to.path)),
    ]),
  );
  const alone = await build({ ...READING, entryPoints: inputs.map(([path]) => path) });
  const names = new Map(
    Object.values(alone.metafile.outputs).map(({ entryPoint, exports }) => [
      below(entryPoint),
      exports,
    ]),
  );
  return new PartOwners(parts, names, imports);
}

const READING = {
  absWorkingDir: ROOT,
  outdir: 'dist',
  outbase: SOURCES,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  metafile: true,
  write: false,
  logLevel: 'warning',
};
