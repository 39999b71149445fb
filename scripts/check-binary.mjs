// Tells whether native binaries may be published: header and name agree, no newer glibc than
// promised, no glibc in a musl binary, stripped, not too large.
//   node scripts/check-binary.mjs [--any-glibc] FILE...     FILE is backbeat.<platform>.node
import { basename } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { GLIBC_FLOOR, inspectBinary } from './packaging/binary-problems.mjs';
import { targets } from './packaging/targets.mjs';
import { stop } from './toolchain.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'any-glibc': { type: 'boolean', default: false } },
});
if (positionals.length === 0) stop('usage: node scripts/check-binary.mjs [--any-glibc] FILE...');
const floor = values['any-glibc'] ? null : GLIBC_FLOOR;

let failed = 0;
for (const path of positionals) {
  const target = targets.find(({ binary }) => binary === basename(path));
  const { problems, facts } = target
    ? inspectBinary(path, target, floor)
    : { problems: ['its name is that of no target'], facts: {} };
  if (problems.length > 0) failed += 1;
  console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'}  ${basename(path)}${tell(facts)}`);
  for (const problem of problems) console.log(`  ${problem}`);
}
process.exitCode = failed === 0 ? 0 : 1;

function tell({ bytes, arch, platform, glibc, minimumSystem }) {
  const parts = [
    platform && `${platform}-${arch}`,
    bytes && `${(bytes / 1024 / 1024).toFixed(2)} MB`,
    glibc && `GLIBC_${glibc}`,
    minimumSystem && `from macOS ${minimumSystem}`,
  ].filter(Boolean);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}
