/** What the jobs do, for all peers. Named exports, so that pools which take a file can name them. */

export const increment = (n) => n + 1;

export const echo = (value) => value;

/** Computes for so long. */
export function compute(forMs) {
  const untilMs = performance.now() + forMs;
  let rounds = 0;
  while (performance.now() < untilMs) rounds++;
  return rounds > 0;
}

/** Touches a large buffer at both ends. */
export const touch = (bytes) => bytes.length + bytes[0] + bytes[bytes.length - 1];

/** When it runs, on a clock that all threads share. */
export const clock = () => performance.timeOrigin + performance.now();

/** About 1 KB: a record as it comes from a sensor, with a list of numbers and some texts. */
export function makeRecord(id) {
  return {
    id,
    name: `sensor-${id % 97}`,
    unit: 'celsius',
    isValid: id % 2 === 0,
    position: { x: id * 0.5, y: 4.25, room: 'north' },
    values: Array.from({ length: 60 }, (_, index) => 20 + ((id + index) % 70) / 8),
    tags: ['roof', 'outdoor', `batch-${id % 13}`],
    note: 'measured in the shade, once a minute, and sent in batches over a slow line. '.repeat(4),
  };
}
