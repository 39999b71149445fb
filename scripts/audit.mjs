// Known faults of what is shipped: npm's list for the production dependencies, and RustSec's, licences
// and sources for the crates (deny.toml). Both lists come from the network, so this is no part of
// `npm run check`; an audit that cannot be made counts as failed.
//   npm run audit
import process from 'node:process';
import { npm, run } from './toolchain.mjs';

const AUDITS = {
  'npm audit, production dependencies': [...npm(), 'audit', '--omit=dev', '--loglevel=error'],
  'cargo deny': ['cargo', 'deny', '--all-features', '--locked', 'check'],
};

let failed = 0;
for (const [name, command] of Object.entries(AUDITS)) {
  const { code, output } = run(command);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name}`);
  if (code === 0) continue;
  failed += 1;
  console.log(output.trimEnd());
}
process.exitCode = failed === 0 ? 0 : 1;
