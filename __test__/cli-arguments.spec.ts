import test from 'ava';
import { parseCommand, type ReplayArguments, type StressArguments } from '../src/cli/arguments.ts';

function stress(...argv: string[]): StressArguments {
  const command = parseCommand(['stress', ...argv]);
  if (command.kind !== 'stress') throw new Error(`parsed as ${command.kind}`);
  return command.arguments;
}

function replay(...argv: string[]): ReplayArguments {
  const command = parseCommand(['replay', ...argv]);
  if (command.kind !== 'replay') throw new Error(`parsed as ${command.kind}`);
  return command.arguments;
}

test('stress without options is a million actors over ten seconds', (t) => {
  t.deepEqual(stress(), {
    actors: 1_000_000,
    recurring: 0.1,
    runMs: 10_000,
    isolates: 1,
    seed: 1,
    versusNode: false,
    json: undefined,
    report: undefined,
  });
});

test('replay without options is half an hour of idle time at 20000 times the speed', (t) => {
  t.deepEqual(replay('access.log'), {
    log: 'access.log',
    idleMs: 1_800_000,
    speed: 20_000,
    copies: 1,
    virtual: false,
    json: undefined,
    report: undefined,
  });
});

test('a share is a percentage or a fraction', (t) => {
  t.is(stress('--recurring', '25%').recurring, 0.25);
  t.is(stress('--recurring', '0.25').recurring, 0.25);
});

test('an idle time has a unit, or is in seconds', (t) => {
  t.is(replay('l', '--idle', '2h').idleMs, 7_200_000);
  t.is(replay('l', '--idle=90').idleMs, 90_000);
});

test('--json with nothing after it means standard output', (t) => {
  t.is(replay('l', '--json').json, '-');
  t.is(replay('l', '--json', '--virtual').json, '-');
  t.is(replay('l', '--json', 'file.json').json, 'file.json');
});

test('options may stand before the log', (t) => {
  t.is(replay('--virtual', 'access.log').log, 'access.log');
});

test('a file after -- may begin with a dash', (t) => {
  t.is(replay('--', '--odd.log').log, '--odd.log');
});

test('help is for the program or for one command', (t) => {
  t.deepEqual(parseCommand([]), { kind: 'help', of: 'backbeat' });
  t.deepEqual(parseCommand(['--help']), { kind: 'help', of: 'backbeat' });
  t.deepEqual(parseCommand(['stress', '--help']), { kind: 'help', of: 'stress' });
  t.deepEqual(parseCommand(['replay', '-h']), { kind: 'help', of: 'replay' });
});

const REFUSED: readonly [argv: string, names: RegExp][] = [
  ['stress --actors -5', /--actors .*"-5"/],
  ['stress --actors 0', /--actors .*"0"/],
  ['stress --actors 1.5', /--actors .*"1.5"/],
  ['stress --actors NaN', /--actors .*"NaN"/],
  ['stress --actors Infinity', /--actors .*"Infinity"/],
  ['stress --actors 0x10', /--actors .*"0x10"/],
  ['stress --actors', /--actors needs a value/],
  ['stress --actors --seed 1', /--actors needs a value/],
  ['stress --actors=', /--actors .*""/],
  ['stress --seconds 0', /--seconds .*"0"/],
  ['stress --seconds -1', /--seconds .*"-1"/],
  ['stress --recurring 101%', /--recurring .*"101%"/],
  ['stress --recurring -1%', /--recurring .*"-1%"/],
  ['stress --isolates 0', /--isolates .*"0"/],
  ['stress --actors 2 --isolates 3', /--isolates/],
  ['stress --seed -1', /--seed .*"-1"/],
  ['stress --vs bun', /--vs .*"bun"/],
  ['stress --speed 2', /unknown option "--speed"/],
  ['stress file', /stress takes no file, got "file"/],
  ['stress -x', /unknown option "-x"/],
  ['replay', /needs an access log/],
  ['replay a b', /got also "b"/],
  ['replay a --idle 30q', /--idle .*"30q"/],
  ['replay a --idle -5m', /--idle .*"-5m"/],
  ['replay a --idle 0s', /--idle .*"0s"/],
  ['replay a --speed NaN', /--speed .*"NaN"/],
  ['replay a --speed 0', /--speed .*"0"/],
  ['replay a --copies 0', /--copies .*"0"/],
  ['replay a --virtual=yes', /--virtual takes no value/],
  ['dance', /unknown command "dance"/],
  ['--dance', /unknown option "--dance"/],
];

for (const [argv, names] of REFUSED) {
  test(`refused: backbeat ${argv}`, (t) => {
    const error = t.throws(() => parseCommand(argv.split(' ')), { code: 'BACKBEAT_USAGE' });
    t.regex(error.message, names);
    t.notRegex(error.message, /\n/);
  });
}
