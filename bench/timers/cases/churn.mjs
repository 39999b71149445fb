/**
 * Insert and cancel, nothing ever fires. `pair`: insert one, cancel it. `batch`: insert a million,
 * cancel all in random order. `rolling`: cancel a random one of ten thousand live timers and insert
 * another. `rolling-same`: the same with one delay for all, the best case of Node's lists.
 * `beside-1M`: `rolling` beside a million live ones. `among-1M`: a random one of a million.
 * Turns of a thousand operations with a turn of the event loop between.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { CpuReading } from '../../measure/cpu.mjs';
import { shuffledIndexes, uniformDelays, uniformIndexes } from '../../measure/random.mjs';
import { warmUpChurn } from '../warm-up.mjs';

export const title = 'Insert and cancel';
const MILLION = 1_000_000;
const OPERATIONS_PER_TURN = 1000;
const DELAYS_MS = [60_000, 64_999];
const SAME_DELAY_MS = [60_000, 60_000];
const BYSTANDER_DELAYS_MS = [120_000, 124_999];
/** Same as in the one-shot case: work left to a thread belongs to the operations. */
const SETTLE_MS = 60;

export function groups({ quick }) {
  const operations = quick ? 200_000 : MILLION;
  const variant = (name, live, bystanders) => ({
    variant: name,
    params: { kind: name, operations, live, bystanders },
    peers: ['node-timers', 'backbeat', 'js-wheel', ...(quick ? [] : ['toad-scheduler'])],
    libraryRounds: 1,
    timeLimitS: { library: 30, other: 60 },
  });
  return [
    variant('pair', 0, 0),
    variant('batch', 0, 0),
    variant('rolling', 10_000, 0),
    variant('rolling-same', 10_000, 0),
    variant('beside-1M', 10_000, MILLION),
    variant('among-1M', MILLION, 0),
  ];
}

export const compared = 'cpuNs';

export const columns = [
  { key: 'cpuNs', label: 'CPU ns per insert + cancel' },
  { key: 'wallNs', label: 'wall ns' },
  { key: 'mainCpuNs', label: 'of it main thread' },
  { key: 'fired', label: 'fired' },
];

async function inTurns(operations, turn) {
  for (let from = 0; from < operations; from += OPERATIONS_PER_TURN) {
    turn(from, Math.min(from + OPERATIONS_PER_TURN, operations));
    await nextTurn();
  }
}

function handleStore(peer, length) {
  return peer.numericHandles ? new Float64Array(length).fill(0) : new Array(length).fill(undefined);
}

function insertLive(peer, callback, delaysMs) {
  const handles = handleStore(peer, delaysMs.length);
  for (let index = 0; index < delaysMs.length; index++) {
    handles[index] = peer.insert(delaysMs[index], callback, index);
  }
  return handles;
}

function pair(peer, callback, { operations, seed }) {
  const delaysMs = uniformDelays(seed, operations, ...DELAYS_MS);
  return () =>
    inTurns(operations, (from, to) => {
      for (let index = from; index < to; index++) {
        peer.cancel(peer.insert(delaysMs[index], callback, index));
      }
    });
}

function batch(peer, callback, { operations, seed }) {
  const delaysMs = uniformDelays(seed, operations, ...DELAYS_MS);
  const order = shuffledIndexes(seed + 1, operations);
  const handles = handleStore(peer, operations);
  return async () => {
    await inTurns(operations, (from, to) => {
      for (let index = from; index < to; index++) {
        handles[index] = peer.insert(delaysMs[index], callback, index);
      }
    });
    await inTurns(operations, (from, to) => {
      for (let index = from; index < to; index++) peer.cancel(handles[order[index]]);
    });
  };
}

function rolling(peer, callback, { kind, operations, live, bystanders, seed }) {
  const range = kind === 'rolling-same' ? SAME_DELAY_MS : DELAYS_MS;
  insertLive(peer, callback, uniformDelays(seed + 2, bystanders, ...BYSTANDER_DELAYS_MS));
  const handles = insertLive(peer, callback, uniformDelays(seed + 3, live, ...range));
  const victims = uniformIndexes(seed + 4, operations, live);
  const delaysMs = uniformDelays(seed + 5, operations, ...range);
  return () =>
    inTurns(operations, (from, to) => {
      for (let index = from; index < to; index++) {
        const victim = victims[index];
        peer.cancel(handles[victim]);
        handles[victim] = peer.insert(delaysMs[index], callback, index);
      }
    });
}

const KINDS = {
  pair,
  batch,
  rolling,
  'rolling-same': rolling,
  'beside-1M': rolling,
  'among-1M': rolling,
};

export async function run(peer, params) {
  let fired = 0;
  const callback = () => {
    fired++;
  };
  await warmUpChurn(peer);
  const operate = KINDS[params.kind](peer, callback, params);
  globalThis.gc();
  await sleep(SETTLE_MS);
  const start = new CpuReading();
  await operate();
  const { wallMs } = new CpuReading().since(start);
  await sleep(SETTLE_MS);
  const { cpuNs, mainCpuNs } = new CpuReading().since(start);
  return {
    cpuNs: cpuNs / params.operations,
    wallNs: (wallMs * 1e6) / params.operations,
    mainCpuNs: mainCpuNs / params.operations,
    fired,
  };
}
