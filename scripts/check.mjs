// Everything that is judged without running the product: format, lints, types, generated files and
// manifests. Each check runs, whatever the others say; the last line is `N passed, N failed`.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { LICENCE_CHECKS } from './checks/crate-licences.mjs';
import { judgePackage, withPackedRoot } from './checks/packed-package.mjs';
import { WORKFLOW_CHECKS } from './checks/workflows.mjs';
import { installedTool, ROOT, run } from './toolchain.mjs';

const GENERATED = ['index.js', 'index.d.ts'];
const LOCKS = ['package-lock.json', 'Cargo.lock'];
const NPM_LOCKS = ['', 'bench/', 'compat/', 'docs/'].map((folder) => `${folder}package-lock.json`);
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepublish', 'prepare'];

const CHECKS = {
  'manifest has exact versions and no install scripts': checkManifest,
  'npm locks name no registry': checkLocks,
  'generated files and locks are as committed': checkDrift,
  'cargo fmt': () => run(['cargo', 'fmt', '--all', '--check']),
  'cargo clippy': () =>
    run('cargo clippy --workspace --all-targets --locked -- -D warnings'.split(' ')),
  'tsc src': () => run([...installedTool('typescript', 'bin/tsc'), '--noEmit']),
  'tsc __test__': () => run([...installedTool('typescript', 'bin/tsc'), '-p', '__test__']),
  biome: () =>
    run([...installedTool('@biomejs/biome', 'bin/biome'), 'check', '--error-on-warnings']),
};

let passed = 0;
let failed = 0;
for (const [name, check] of Object.entries(CHECKS)) report(name, check());
for (const [name, problemsOf] of Object.entries({ ...LICENCE_CHECKS, ...WORKFLOW_CHECKS })) {
  report(name, await problemsOf().then(verdict, failure));
}
await withPackedRoot(judgePackage).then(
  (judged) => {
    for (const [name, problems] of Object.entries(judged)) report(name, verdict(problems));
  },
  (error) => report('the main package can be packed', failure(error)),
);
process.exitCode = failed === 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed`);

function report(name, { code, output }) {
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name}`);
  if (code === 0) {
    passed += 1;
    return;
  }
  failed += 1;
  console.log(output.trimEnd());
}

function checkManifest() {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const versions = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.overrides };
  const problems = [
    ...INSTALL_SCRIPTS.filter((name) => name in manifest.scripts).map((name) => `script ${name}`),
    ...Object.entries(versions)
      .filter(([, version]) => !/^(npm:@[\w/-]+@)?\d+\.\d+\.\d+$/.test(version))
      .map(([name, version]) => `${name}: ${version} is not one exact version`),
  ];
  return verdict(problems);
}

function checkLocks() {
  const named = NPM_LOCKS.filter((path) => existsSync(join(ROOT, path))).flatMap((path) => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
    return Object.entries(packages)
      .filter(([, { link, resolved }]) => !link && resolved !== undefined)
      .map(([name, { resolved }]) => `${path}: ${name} from ${resolved}`);
  });
  return verdict(named);
}

// The set-up before this check has just built them again, so a difference to what git holds means
// that a source changed and what is generated from it was not committed.
function checkDrift() {
  if (run(['git', 'rev-parse', '--is-inside-work-tree']).code !== 0) {
    return { code: 0, output: 'not a git checkout' };
  }
  const tracked = run(['git', 'ls-files', '--error-unmatch', ...GENERATED, ...LOCKS]);
  if (tracked.code !== 0) return tracked;
  return run(['git', 'diff', '--exit-code', '--', ...GENERATED, ...LOCKS]);
}

function failure(error) {
  return { code: 1, output: error.message };
}

function verdict(problems) {
  return { code: problems.length === 0 ? 0 : 1, output: problems.join('\n') };
}
