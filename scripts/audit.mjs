// Known faults of what is shipped: npm's list for the production dependencies, RustSec's for the crates,
// and licences, sources and versions of the crates (deny.toml). The lists come from the network, so
// this is no part of `npm run check`; an audit that cannot be made counts as failed, and says why.
//   npm run audit
import process from 'node:process';
import { npm, run, rustVersion } from './toolchain.mjs';

const CARGO_DENY = '0.20.2';
const DENY = ['cargo', 'deny', '--all-features', '--locked', 'check'];
const NO_TOOL = {
  sign: /no such command: .deny|^cargo: spawn/m,
  reason: `cargo install cargo-deny --version ${CARGO_DENY} --locked`,
};

/** `unmade`: what is said when the audit itself did not come about, and the reason to give. */
const AUDITS = [
  {
    name: 'npm advisories, production dependencies',
    command: [...npm(), 'audit', '--omit=dev', '--loglevel=error'],
    unmade: [{ sign: /audit endpoint returned an error/, reason: 'the registry has no audits' }],
  },
  {
    name: 'crates: advisories',
    command: [...DENY, 'advisories'],
    unmade: [
      NO_TOOL,
      {
        sign: /failed to fetch advisory database/,
        reason: 'github.com/RustSec/advisory-db is out of reach',
      },
    ],
  },
  {
    name: 'crates: licences, sources, versions',
    command: [...DENY, 'bans', 'licenses', 'sources'],
    unmade: [NO_TOOL],
  },
];

rustVersion(); // puts cargo's folder on the PATH
for (const { name, command, unmade } of AUDITS) {
  const { code, output } = run(command);
  const { reason } = unmade.find(({ sign }) => sign.test(output)) ?? {};
  if (code === 0) {
    console.log(`ok        ${name}`);
    continue;
  }
  process.exitCode = 1;
  console.log(reason === undefined ? `FAILED    ${name}` : `NOT MADE  ${name}: ${reason}`);
  if (reason === undefined) console.log(output.trimEnd());
}
