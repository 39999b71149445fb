// Writes the parts of the package as CommonJS, and the public entries as ES modules that hand out what
// is in them. A file of CommonJS is read at once and compiled once; an ES module takes turns of the loop,
// sets up an object for each builtin module it names, and cannot load another one in the middle of a call.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, posix, relative, sep } from 'node:path';
import { build, transform } from 'esbuild';
import { ROOT } from '../toolchain.mjs';

import { SOURCE_FOLDER } from './part-owners.mjs';

const requireBuilt = createRequire(join(ROOT, 'dist', 'parts'));
const TARGET = 'node20.19';
const IMPORT = /^import (?:(\w+)|\* as (\w+)|\{([^}]*)\})? ?(?:from )?"([^"]+)";$/gm;
const STAND_IN = /function (\w+)\(\.\.\.values\) \{\s+const called = /g;
const TAKEN_ON_DEMAND = /require\("\.\/([\w-]+\.cjs)"\)\)\.(\w+)/g;
const EXPORT = /^export \{([^}]*)\};$/m;

/** @param owners as `readOwners` gives them; @param entries modules that become ES modules */
export async function writeParts(owners, entries) {
  const wanted = await wantedNames(owners, entries);
  const texts = new Map();
  for (const part of owners.parts) {
    const text = asCommonJs(await bundlePart(owners, part, wanted.get(part)));
    texts.set(part, text);
    const { code } = await transform(text, {
      minifyWhitespace: true,
      lineLimit: 120,
      target: TARGET,
    });
    writeFileSync(join(ROOT, 'dist', fileOf(part)), withOwnNames(code));
  }
  for (const [part, text] of texts) checkStandIns(part, text);
  for (const entry of entries) {
    const path = join(ROOT, 'dist', entry.replace(/\.ts$/, '.js'));
    writeFileSync(path, entryText(owners, entry));
  }
}

/** Names that others take from each part. Each round drops what only dropped names needed. */
async function wantedNames(owners, entries) {
  const keysOf = (part, modules) =>
    modules.flatMap((module) =>
      owners.names.get(module).map((name) => owners.key(part, module, name)),
    );
  const first = (part) => new Set(part.thread ? keysOf(part, part.roots) : []);
  let wanted = new Map(owners.parts.map((part) => [part, new Set(keysOf(part, part.modules))]));
  for (let count = Number.POSITIVE_INFINITY; ; ) {
    const next = new Map(owners.parts.map((part) => [part, first(part)]));
    for (const entry of entries) {
      const owner = owners.owner.get(entry);
      for (const key of keysOf(owner, [entry])) next.get(owner).add(key);
    }
    for (const part of owners.parts) {
      const text = asCommonJs(await bundlePart(owners, part, wanted.get(part)));
      for (const [file, key] of keysIn(text)) {
        next.get(owners.parts.find((to) => fileOf(to) === file)).add(key);
      }
    }
    const left = [...next.values()].reduce((sum, { size }) => sum + size, 0);
    if (left >= count) return next;
    count = left;
    wanted = next;
  }
}

/** The text of a part as one ES module, that imports others and exports the wanted names. */
async function bundlePart(owners, part, wanted) {
  const contents = part.modules
    .map((module) => {
      const list = owners.names
        .get(module)
        .map((name) => [name, owners.key(part, module, name)])
        .filter(([, key]) => wanted.has(key))
        .map(([name, key]) => `${JSON.stringify(name)} as ${key}`);
      if (list.length > 0) return `export { ${list} } from './${module}';`;
      return part.roots.includes(module) ? `import './${module}';` : '';
    })
    .join('\n');
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    stdin: { contents, resolveDir: SOURCE_FOLDER, sourcefile: part.name },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: TARGET,
    packages: 'external',
    define: { 'import.meta.url': 'moduleUrl' },
    logLevel: 'warning',
    write: false,
    plugins: [elsewhere(owners, part)],
  });
  return outputFiles[0].text;
}

/** Stands for the modules of other parts. */
function elsewhere(owners, part) {
  return {
    name: 'elsewhere',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir, namespace, kind }) => {
        if (namespace !== 'file') return { path, external: true };
        const module = relative(SOURCE_FOLDER, join(resolveDir, path)).split(sep).join(posix.sep);
        if (!owners.names.has(module)) return { path, external: true };
        const way = kind === 'dynamic-import' ? 'inside' : owners.way(part, module);
        if (way !== 'inside') return { path: module, namespace: way, sideEffects: false };
        // A root runs even if nothing is taken from it.
        return part.roots.includes(module)
          ? { path: join(SOURCE_FOLDER, module), sideEffects: true }
          : undefined;
      });
      onLoad({ filter: /./, namespace: 'at once' }, ({ path }) => {
        const owner = owners.owner.get(path);
        const names = owners.names
          .get(path)
          .map((name) => `${owners.key(owner, path, name)} as ${JSON.stringify(name)}`);
        return { contents: `export { ${names} } from './${fileOf(owner)}';` };
      });
      onLoad({ filter: /./, namespace: 'on demand' }, ({ path }) => ({
        contents: onDemandText(owners, path),
      }));
    },
  };
}

/** Functions that load the part at their first call, one for each export of a root. */
function onDemandText(owners, module) {
  const owner = owners.owner.get(module);
  const stand = (name) => `
    export function ${name}(...values) {
      const called = (part ??= loadPart('./${fileOf(owner)}')).${owners.key(owner, module, name)};
      return new.target === undefined ? called(...values) : new called(...values);
    }`;
  return ['let part;', ...owners.names.get(module).map(stand)].join('\n');
}

/** Rewrites what esbuild writes at the head and at the end of a module. */
function asCommonJs(text) {
  let exported = '';
  const body = text
    .replaceAll(IMPORT, (_, name, space, list, from) => {
      const what = name ?? space ?? `{${list?.replaceAll(' as ', ': ')}}`;
      return `const ${what} = require("${from}");`;
    })
    .replace(EXPORT, (_, list) => {
      exported = list.replaceAll(/(\w+) as (\w+)/g, '$2: $1');
      return '';
    })
    .replaceAll('loadPart(', 'require(');
  const url = body.includes('moduleUrl')
    ? 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;'
    : '';
  return `"use strict";${url}${body}module.exports = {${exported}};`;
}

/** A class that mentions itself gets another name from esbuild, which users would see. */
function withOwnNames(text) {
  const renamed = text.matchAll(/=class _(\w+)\b/g);
  return [...renamed].reduce(
    (changed, [, name]) => changed.replaceAll(new RegExp(`\\b_${name}\\b`, 'g'), name),
    text,
  );
}

/** Files of other parts and keys that a part takes from them. */
function keysIn(text) {
  const taken = [...text.matchAll(/^const \{([^}]*)\} = require\("\.\/([\w-]+\.cjs)"\);/gm)];
  const direct = taken.flatMap(([, list, file]) =>
    [...list.matchAll(/(\w+)(?:: \w+)?/g)].map(([, key]) => [file, key]),
  );
  const called = [...text.matchAll(TAKEN_ON_DEMAND)];
  return [...direct, ...called.map(([, file, key]) => [file, key])];
}

/** What is on demand can be called and made with `new`, and nothing else. */
function checkStandIns(part, text) {
  const code = text.replaceAll(/^\/\/.*$|"[^"\n]*"/gm, '');
  for (const [, name] of text.matchAll(STAND_IN)) {
    const use = new RegExp(`(?:instanceof|extends) ${name}\\b|(?<![\\w.#])${name}\\.\\w+`).exec(
      code,
    );
    if (use !== null) throw new Error(`${part.name}: ${use[0]}, but ${name} is on demand`);
  }
  for (const [, file, key] of text.matchAll(TAKEN_ON_DEMAND)) {
    if (typeof requireBuilt(`./${file}`)[key] === 'function') continue;
    throw new Error(`${part.name}: ${key} of ${file} is on demand, and no function`);
  }
}

/** An ES module with the exports of an entry. */
function entryText(owners, entry) {
  const owner = owners.owner.get(entry);
  const from = posix.join(posix.relative(posix.dirname(entry), '') || '.', fileOf(owner));
  const keys = owners.names.get(entry).map((name) => [name, owners.key(owner, entry, name)]);
  const exported = keys.map(([name, key]) =>
    name === key ? name : `${key} as ${/^\w+$/.test(name) ? name : JSON.stringify(name)}`,
  );
  return `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const { ${keys.map(([, key]) => key).join(', ')} } = require('${from.startsWith('.') ? from : `./${from}`}');
export { ${exported.join(', ')} };
`;
}

function fileOf({ name }) {
  return `${name}.cjs`;
}
