// Shows the product on this machine: a replay of a real access log, then a million timed actors.
//   npm start [-- path/to/access.log]
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import { ROOT, run } from './toolchain.mjs';

const SHARED_LOG = join(ROOT, '..', 'shared', 'data', 'access.log');
const given = process.argv[2];
const log = given === undefined ? SHARED_LOG : resolve(process.env.INIT_CWD ?? '.', given);

if (given !== undefined || existsSync(log)) {
  // 3.5 days of log at this speed take about 15 seconds.
  show('replay', log, '--idle', '30m', '--speed', '20000');
} else {
  console.log(`No access log at ${relative(ROOT, SHARED_LOG)}: only the stress run.`);
  console.log('To replay one of your own: npm start -- path/to/access.log');
}
show('stress', '--actors', '1000000', '--seconds', '10');

function show(...args) {
  console.log(`\n$ backbeat ${args.join(' ')}`);
  const { code } = run([process.execPath, join(ROOT, 'dist', 'cli', 'main.js'), ...args], {
    show: true,
  });
  if (code !== 0) process.exit(code);
}
