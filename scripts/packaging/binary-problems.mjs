// What is wrong with a binary that is to be published for a target.
import { readFileSync } from 'node:fs';
import { atLeast } from '../toolchain.mjs';
import { readBinaryHeader } from './binary-header.mjs';

/** The oldest glibc that the Linux binaries run on: that of CentOS 7. */
export const GLIBC_FLOOR = '2.17';
const MAX_BINARY_BYTES = 6 * 1024 * 1024;
/** What a musl system has, or what belongs to glibc alone. */
const GLIBC_LIBRARIES = /^(libc\.so\.6|ld-linux.*|libpthread\.so\.0|libdl\.so\.2)$/;

/**
 * @param path of the binary
 * @param target as in `targets.mjs`
 * @param floor the newest glibc whose symbols may be asked for; null: any
 * @returns `problems`, empty when it may be published, and `facts`, what was read
 */
export function inspectBinary(path, target, floor = GLIBC_FLOOR) {
  const bytes = readFileSync(path);
  let header;
  try {
    header = readBinaryHeader(bytes);
  } catch (error) {
    return { problems: [error.message], facts: { bytes: bytes.length } };
  }
  const { platform, arch, needed = [], isStripped, minimumSystem } = header;
  const glibc = newestGlibc(header.symbolVersions ?? []);
  const problems = [];
  if (platform !== target.platform || arch !== target.arch) {
    problems.push(`made for ${platform}-${arch}, not for ${target.platform}-${target.arch}`);
  }
  if (isStripped === false) problems.push('has a symbol table: it was not stripped');
  if (bytes.length > MAX_BINARY_BYTES) problems.push(`has ${bytes.length} bytes, too many`);
  if (target.libc === 'musl') problems.push(...glibcTraces(needed, glibc));
  if (target.libc === 'glibc') {
    if (needed.some((name) => name.startsWith('libc.musl'))) problems.push('asks for musl');
    if (floor !== null && glibc !== undefined && !atLeast(floor, glibc)) {
      problems.push(`asks for GLIBC_${glibc}, newer than ${floor}`);
    }
  }
  return { problems, facts: { bytes: bytes.length, platform, arch, glibc, needed, minimumSystem } };
}

function glibcTraces(needed, glibc) {
  const libraries = needed.filter((name) => GLIBC_LIBRARIES.test(name));
  const traces = libraries.map((name) => `asks for ${name}, which is glibc's`);
  return glibc === undefined ? traces : [...traces, `asks for GLIBC_${glibc} on musl`];
}

function newestGlibc(symbolVersions) {
  return symbolVersions
    .map((name) => /^GLIBC_(\d+(?:\.\d+)+)$/.exec(name)?.[1])
    .filter((version) => version !== undefined)
    .reduce(
      (newest, version) => (newest && atLeast(newest, version) ? newest : version),
      undefined,
    );
}
