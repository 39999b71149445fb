// Fewer files to open. The bundler makes a chunk for each set of entries that share modules, many of
// them of a few hundred bytes, and to open one more costs as much as to read ten kilobytes. So the small
// ones that the main entry loads become one file; what each exports keeps its name, behind a prefix.
import { basename, join, posix } from 'node:path';
import { build } from 'esbuild';
import { closureOf } from './output-closure.mjs';

const SMALL_BYTES = 8000;
const MERGED = 'chunk-common.js';
const CHUNK = /^\.{1,2}\/.*chunk-\w+\.js$/;

/**
 * Builds once more, from the outputs of a build that was not written, and writes.
 *
 * @param result of `build`, with `metafile: true` and `write: false`
 * @param options of that build
 * @param mainEntry path of its output
 * @returns names of the chunks that were written
 */
export async function writeMerged({ metafile, outputFiles }, options, mainEntry) {
  const { outputs } = metafile;
  const { absWorkingDir, outdir } = options;
  const chunks = Object.keys(outputs).filter((path) => CHUNK.test(`./${path}`));
  const merged = smallChunks(outputs, mainEntry);
  const rest = Object.keys(outputs).filter((path) => !merged.includes(path));
  const textOf = new Map(outputFiles.map(({ path, text }) => [path, text]));
  const output = (path) => outputs[posix.join(outdir, path)];
  const inMerged = (path) => merged.includes(posix.join(outdir, basename(path)));
  await build({
    ...options,
    splitting: false,
    minifyWhitespace: true,
    lineLimit: 120,
    entryPoints: [MERGED, ...rest.map((path) => path.slice(outdir.length + 1))].map((path) => ({
      in: path,
      out: path.replace(/\.js$/, ''),
    })),
    plugins: [
      {
        name: 'merged-chunks',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /\.js$/ }, ({ kind, path, pluginData: isInside }) => {
            if (kind === 'entry-point') return { path, namespace: 'output' };
            if (!CHUNK.test(path) || !inMerged(path)) return { path, external: true };
            if (isInside) return { path: basename(path), namespace: 'output', pluginData: true };
            return { path, namespace: 'renamed' };
          });
          onLoad({ filter: /./, namespace: 'output' }, ({ path, pluginData }) => {
            if (path === MERGED) return { contents: gather(merged, outputs), pluginData: true };
            return { contents: textOf.get(join(absWorkingDir, outdir, path)), pluginData };
          });
          onLoad({ filter: /./, namespace: 'renamed' }, ({ path }) => ({
            contents: renameBack(path, output(basename(path))),
          }));
        },
      },
    ],
  });
  return [MERGED, ...chunks.filter((path) => !merged.includes(path)).map((path) => basename(path))];
}

/** Of the chunks that an entry loads, those that are small and import no others. */
function smallChunks(outputs, entry) {
  const small = new Set(
    closureOf(outputs, entry).filter((path) => outputs[path].bytes < SMALL_BYTES),
  );
  let size;
  do {
    size = small.size;
    for (const path of small) {
      const isClosed = outputs[path].imports.every((to) => to.external || small.has(to.path));
      if (!isClosed) small.delete(path);
    }
  } while (small.size < size);
  return [...small];
}

function gather(merged, outputs) {
  return merged
    .map((path) => {
      const names = outputs[path].exports.map((name) => `${name} as ${renamed(path, name)}`);
      return `import './${basename(path)}'; export { ${names.join()} } from './${basename(path)}';`;
    })
    .join('\n');
}

/** Stands for a merged chunk in a file that imports it. */
function renameBack(path, { exports }) {
  const from = JSON.stringify(path.replace(/chunk-\w+\.js$/, MERGED));
  const names = exports.map((name) => `${renamed(path, name)} as ${name}`);
  return `export { ${names.join()} } from ${from};`;
}

function renamed(path, name) {
  return `${basename(path, '.js').replace('chunk-', '_')}_${name}`;
}
