// Installs the version of this checkout from the registry into an empty project and runs the smoke
// program there: what users get when a release is out.
//   node scripts/try-published.mjs
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { manifest } from './packaging/targets.mjs';
import { npm, ROOT, run, stop } from './toolchain.mjs';

const { name, version } = manifest;
const folder = mkdtempSync(join(tmpdir(), 'backbeat-published-'));
try {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const install = [...npm(), 'install', `${name}@${version}`, '--prefix', folder, ...quiet];
  const { code, output } = run(install);
  if (code !== 0) stop(`npm install ${name}@${version} failed:\n${output}`);
  cpSync(join(ROOT, 'smoke', 'programs'), folder, { recursive: true });
  const program = run([process.execPath, join(folder, 'main.mjs')]);
  console.log(program.output.trim());
  const features = program.code === 0 ? Object.entries(JSON.parse(program.output)) : [];
  const failed = features.filter(([, outcome]) => outcome !== 'ok');
  for (const [feature, outcome] of failed) console.error(`FAILED  ${feature}: ${outcome}`);
  process.exitCode = features.length > 0 && failed.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
