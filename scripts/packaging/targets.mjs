// The platforms that a binary is published for, as @napi-rs/cli names them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../toolchain.mjs';

// Not by the command line of @napi-rs/cli, which takes a second to load.
const ARCHITECTURES = { x86_64: 'x64', aarch64: 'arm64' };
const PLATFORMS = { linux: 'linux', darwin: 'darwin', windows: 'win32' };

/** The manifest as it is in the repository. */
export const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/**
 * Every configured target: Rust's `triple`; `name` as in file and package names (`linux-x64-gnu`);
 * `platform` and `arch` as Node says them; `libc` on Linux; `binary`, the file; `packageName`.
 */
export const targets = manifest.napi.targets.map((triple) => {
  const [processor, , system, abi] = triple.split('-');
  const arch = ARCHITECTURES[processor];
  const platform = PLATFORMS[system];
  const libc = platform === 'linux' ? { gnu: 'glibc', musl: 'musl' }[abi] : undefined;
  const name = [platform, arch, abi].filter(Boolean).join('-');
  return {
    triple,
    name,
    platform,
    arch,
    libc,
    binary: `${manifest.napi.binaryName}.${name}.node`,
    packageName: `${manifest.napi.packageName}-${name}`,
  };
});

/** The target with this triple or name. */
export function findTarget(asked) {
  const found = targets.find(({ triple, name }) => triple === asked || name === asked);
  if (found) return found;
  const known = targets.map(({ triple, name }) => `  ${triple} (${name})`).join('\n');
  throw new Error(`no target ${asked}; there are\n${known}`);
}
