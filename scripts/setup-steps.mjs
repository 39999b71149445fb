// A step of the set-up, and how it is known that it need not run again: by the hash of what it read at
// its last success.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, stop } from './toolchain.mjs';

const STAMPS = join(ROOT, 'node_modules', '.backbeat');

/** Runs a step, and ends the set-up when it fails. */
export function step(label, work) {
  const started = Date.now();
  console.log(label);
  const { code, output } = work();
  if (code !== 0) stop(`${output}\nset-up failed at: ${label}`);
  console.log(`  done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** One hash over all files at and below these paths. */
export function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesBelow)) {
    hash.update(`${path}\0`).update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

/** Files at and below a path, without what is built there. */
export function filesBelow(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  if (!stats.isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name !== 'target' && name !== 'proptest-regressions')
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

/** The state in which a step last succeeded. */
export function stampOf(name) {
  const path = join(STAMPS, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Notes that a step succeeded in this state. */
export function writeStamp(name, value) {
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(join(STAMPS, name), value);
}
