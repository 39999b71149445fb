/**
 * Values from a worker to the main thread through a bounded channel. The worker is up and waits for
 * the start; the time is from the start to the last value.
 */
import { CpuReading } from '../../measure/cpu.mjs';
import { OrderCheck } from '../values.mjs';

export const title = 'Values from a worker to the main thread';

const LOOPS = [
  'port-credit',
  'port-iterator',
  'readable',
  'backbeat',
  'backbeat-many',
  'backbeat-generator',
];
const BLOCKING = ['port-blocking', 'backbeat-blocking'];
const RING = ['ringbuf'];

export function groups({ quick }) {
  const group = (kind, bound, n, peers) => ({
    variant: `${kind}-${bound}`,
    params: { kind, bound, n: quick ? n / 10 : n },
    peers,
    timeLimitS: { other: 60 },
  });
  return [
    group('number', 16, 1_000_000, [...LOOPS, ...BLOCKING, ...RING]),
    group('number', 256, 1_000_000, [...LOOPS, ...BLOCKING, ...RING]),
    group('number', 1024, 1_000_000, [...LOOPS, ...BLOCKING, ...RING]),
    group('buffer', 16, 500_000, [...LOOPS, ...BLOCKING, ...RING]),
    group('buffer', 256, 1_000_000, [...LOOPS, ...BLOCKING, ...RING]),
    group('object', 16, 100_000, [...LOOPS, ...BLOCKING]),
    group('object', 256, 100_000, [...LOOPS, ...BLOCKING]),
    group('large', 16, 1000, ['port-credit', 'port-blocking', 'backbeat', 'backbeat-blocking']),
  ];
}

/** The figure that the first column of the tables compares. */
export const compared = 'wallNs';

export const columns = [
  { key: 'itemsPerSecond', label: 'items per s' },
  { key: 'wallNs', label: 'wall ns per item' },
  { key: 'cpuNs', label: 'CPU ns per item' },
  { key: 'mainNs', label: 'of it main thread' },
  { key: 'wrong', label: 'wrong' },
];

export async function run(peer, params) {
  // Once through for the compilers, with fewer.
  await stream(peer, { ...params, n: Math.ceil(params.n / 20) });
  return stream(peer, params);
}

async function stream(peer, params) {
  const { kind, n } = params;
  const consume = await peer.open(params);
  const check = new OrderCheck(kind);
  const start = new CpuReading();
  await consume((value) => check.take(value));
  const { wallMs, cpuNs, mainCpuNs } = new CpuReading().since(start);
  return {
    itemsPerSecond: (n / wallMs) * 1000,
    wallNs: (wallMs * 1e6) / n,
    cpuNs: cpuNs / n,
    mainNs: mainCpuNs / n,
    wrong: check.wrong + Math.abs(n - check.received),
  };
}
