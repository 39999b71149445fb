// Which crates are linked into the native binary, under which licences: THIRD-PARTY.md, shipped beside
// each binary. A licence that is not on the list below, for any crate of the lock, is a problem.
//   node scripts/checks/crate-licences.mjs --write     writes THIRD-PARTY.md again
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { ROOT, run } from '../toolchain.mjs';

const PAGE = join(ROOT, 'THIRD-PARTY.md');
const LINKED_FROM = 'backbeat-node';
const ALLOWED = new Set([
  'MIT',
  'Apache-2.0',
  'Apache-2.0 WITH LLVM-exception',
  'ISC',
  'Unicode-3.0',
  'Unlicense',
]);

/** The name of each check and its function, which gives the problems found. */
export const LICENCE_CHECKS = {
  'licences of all crates are allowed': async () => problemsOfLicences(crates().packages),
  'THIRD-PARTY.md lists the linked crates': problemsOfPage,
};

let metadata;

/** Of all platforms, so that one page is right for all binaries. */
function crates() {
  if (metadata === undefined) {
    const { code, output } = run(['cargo', 'metadata', '--format-version', '1', '--locked', '-q']);
    if (code !== 0) throw new Error(output);
    metadata = JSON.parse(output.slice(output.indexOf('{')));
  }
  return metadata;
}

/** An expression is met when each term of an AND has one allowed choice of its OR. */
function isAllowed(expression) {
  return expression.split(' AND ').every((term) =>
    term
      .replace(/[()]/g, '')
      .split(/ OR | ?\/ ?/)
      .some((licence) => ALLOWED.has(licence)),
  );
}

function problemsOfLicences(packages) {
  return packages
    .filter(({ license }) => license === null || !isAllowed(license))
    .map(({ name, version, license }) => `${name} ${version}: ${license ?? 'no licence'}`);
}

async function problemsOfPage() {
  const written = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
  return written === page() ? [] : ['it differs: node scripts/checks/crate-licences.mjs --write'];
}

/** What ends up in the binary: no build scripts, no macros, no tests, no models. */
function linkedCrates() {
  const { packages, resolve } = crates();
  const byId = new Map(packages.map((crate) => [crate.id, crate]));
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const linked = new Set();
  const visit = (id) => {
    if (linked.has(id)) return;
    linked.add(id);
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
      const isMacro = byId.get(pkg).targets.some(({ kind }) => kind.includes('proc-macro'));
      const isLinked = kinds.some(({ kind, target }) => kind === null && target !== 'cfg(loom)');
      if (isLinked && !isMacro) visit(pkg);
    }
  };
  visit(packages.find(({ name }) => name === LINKED_FROM).id);
  const compiled = compiledCrates();
  return [...linked]
    .map((id) => byId.get(id))
    .filter(({ name, version, source }) => source !== null && compiled.has(`${name} ${version}`))
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

/** The resolved graph counts every feature that any build asks for; the tree those of this one. */
function compiledCrates() {
  const tree = ['tree', '--package', LINKED_FROM, '--edges', 'normal,no-proc-macro'];
  const { code, output } = run([
    ...['cargo', ...tree, '--target', 'all', '--prefix', 'none'],
    ...['--format', '{p}', '--locked', '-q'],
  ]);
  if (code !== 0) throw new Error(output);
  return new Set(
    [...output.matchAll(/^(\S+) v(\S+)/gm)].map(([, name, version]) => `${name} ${version}`),
  );
}

function page() {
  const linked = linkedCrates();
  const rows = linked.map(
    ({ name, version, license, repository }) =>
      `| ${name} | ${version} | ${license} | ${repository ?? ''} |`,
  );
  const texts = new Map();
  for (const crate of linked) {
    const text = licenceText(crate);
    texts.set(text, [...(texts.get(text) ?? []), crate.name]);
  }
  const sections = [...texts].map(
    ([text, names]) => `## ${names.join(', ')}\n\n\`\`\`text\n${text}\n\`\`\``,
  );
  return `${[
    '# Third-party code in the native binary',
    "Crates that are linked into backbeat's binary on at least one platform, from `Cargo.lock`. Where a\ncrate offers a choice of licences, the text is that of MIT, or of the one that is there. The Rust\nstandard library is linked, too, under MIT or Apache-2.0, copyright of The Rust Project Contributors.",
    ['| crate | version | licence | source |', '|---|---|---|---|', ...rows].join('\n'),
    ...sections,
  ].join('\n\n')}\n`;
}

function licenceText({ manifest_path: manifest, license, authors }) {
  const folder = dirname(manifest);
  const names = readdirSync(folder).filter((name) => /^(licen[cs]e|copying)/i.test(name));
  const chosen = names.find((name) => /mit/i.test(name)) ?? names.sort()[0];
  if (chosen === undefined) return `${license}, by ${authors.join(', ') || 'its authors'}`;
  return readFileSync(join(folder, chosen), 'utf8').replaceAll('\r', '').trim();
}

if (import.meta.filename === process.argv[1] && process.argv[2] === '--write') {
  writeFileSync(PAGE, page());
}
