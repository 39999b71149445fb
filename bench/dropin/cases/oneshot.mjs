/**
 * One-shot timers through `setTimeout`: the case of the suite `timers`, with a Timeout for each.
 */
export { columns, compared, run, title } from '../../timers/cases/oneshot.mjs';

const PEERS = ['node-timers', 'backbeat'];

export function groups({ quick }) {
  const size = (n, leadMs) => ({
    variant: `${n}`,
    params: { n, fromMs: leadMs + 100, toMs: leadMs + (quick ? 1000 : 4000) },
    peers: PEERS,
    timeLimitS: { other: 90 },
  });
  return quick ? [size(100_000, 500)] : [size(100_000, 500), size(1_000_000, 4000)];
}
