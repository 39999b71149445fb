// `npm run audit` tells a fault that was found from an audit that could not be made. The tools here are
// scripts that answer what the real ones do.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const SCRIPT = fileURLToPath(new URL('../scripts/audit.mjs', import.meta.url));
const onUnix = process.platform === 'win32' ? test.skip : test;

interface Answer {
  readonly says?: string;
  readonly code?: number;
}
interface Answers {
  readonly npm?: Answer;
  readonly advisories?: Answer;
  readonly licences?: Answer;
}

function audit({ npm = {}, advisories = {}, licences = {} }: Answers) {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-audit-'));
  try {
    const answer = ({ says = '', code = 0 }: Answer): string => `echo '${says}' >&2; exit ${code}`;
    const cargo = join(folder, 'cargo');
    writeFileSync(
      cargo,
      `#!/bin/sh
      case "$*" in
        --version) echo 'cargo 1.96.0' ;;
        *advisories*) ${answer(advisories)} ;;
        *bans*) ${answer(licences)} ;;
      esac
      `,
    );
    chmodSync(cargo, 0o755);
    const npmProgram = join(folder, 'npm-cli.js');
    const { says = '', code = 0 } = npm;
    writeFileSync(npmProgram, `console.error(${JSON.stringify(says)}); process.exit(${code});`);
    const { status, stdout } = spawnSync(process.execPath, [SCRIPT], {
      encoding: 'utf8',
      env: {
        ...process.env,
        PATH: `${folder}${delimiter}${process.env.PATH}`,
        npm_execpath: npmProgram,
      },
    });
    return { status, lines: stdout.trim().split('\n') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const GOOD = [
  'ok        npm advisories, production dependencies',
  'ok        crates: advisories',
  'ok        crates: licences, sources, versions',
];

onUnix('nothing is known of any package', (t) => {
  t.deepEqual(audit({}), { status: 0, lines: GOOD });
});

onUnix('an advisory for a crate is a failure, with what was said of it', (t) => {
  const advisories = { says: 'error[vulnerability]: RUSTSEC-2021-0003', code: 1 };
  const { status, lines } = audit({ advisories });
  t.is(status, 1);
  t.deepEqual(lines, [
    GOOD[0],
    'FAILED    crates: advisories',
    'error[vulnerability]: RUSTSEC-2021-0003',
    GOOD[2],
  ]);
});

onUnix('an advisory for a package is a failure', (t) => {
  const { status, lines } = audit({ npm: { says: '1 high severity vulnerability', code: 1 } });
  t.is(status, 1);
  t.deepEqual(lines.slice(0, 2), [
    'FAILED    npm advisories, production dependencies',
    '1 high severity vulnerability',
  ]);
});

onUnix('an audit that cannot be made is no success, and says what is missing', (t) => {
  const noTool = { says: 'error: no such command: `deny`', code: 101 };
  const { status, lines } = audit({
    npm: { says: 'npm error audit endpoint returned an error', code: 1 },
    advisories: { says: 'failed to fetch advisory database https://x with cli', code: 1 },
    licences: noTool,
  });
  t.is(status, 1);
  t.deepEqual(lines, [
    'NOT MADE  npm advisories, production dependencies: the registry has no audits',
    'NOT MADE  crates: advisories: github.com/RustSec/advisory-db is out of reach',
    'NOT MADE  crates: licences, sources, versions: cargo install cargo-deny --version 0.20.2 --locked',
  ]);
});
