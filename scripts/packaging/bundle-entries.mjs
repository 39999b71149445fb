// What is bundled, into which files, and what loads which.

/** Public entries, as in `exports` of package.json; the main one first. Each becomes a small ES module. */
export const PUBLIC_ENTRIES = [
  'index.ts',
  'scheduler.ts',
  'timers/index.ts',
  'timers/promises.ts',
  'timers/register.ts',
];

/**
 * The files with the code. A module belongs to the first part that reaches it from its roots. A part
 * loads earlier ones when it is loaded itself. Later ones, which are `onDemand`, it loads when it first
 * calls a function of one of their roots, or makes an object of one of their classes; it can do nothing
 * else with them.
 *
 * A part of a `thread` is loaded by its URL, never by another part.
 */
export const PARTS = [
  {
    name: 'base',
    roots: [
      'errors.ts',
      'channel/channel-errors.ts',
      'generator/generator-errors.ts',
      'lane/corrupt-value.ts',
      'lane/uncloneable-error.ts',
      'lane/error-names.ts',
      'lane/moved.ts',
      'async-context.ts',
      'host-at-load.ts',
      'store-order.ts',
      'thenable.ts',
      'timer-host.ts',
    ],
  },
  { name: 'processors', onDemand: true, roots: ['processors.ts'] },
  { name: 'native', onDemand: true, roots: ['native.ts'] },
  {
    name: 'engine',
    onDemand: true,
    roots: ['timer-engine.ts'],
  },
  { name: 'scheduler', roots: ['scheduler.ts'] },
  { name: 'timers', roots: ['timers/index.ts', 'timers/promises.ts'] },
  { name: 'register', roots: ['timers/register.ts'] },
  {
    name: 'codec',
    onDemand: true,
    roots: [
      'lane/value-codec.ts',
      'lane/error-codec.ts',
      'lane/error-classes.ts',
      'lane/revive-function.ts',
    ],
  },
  { name: 'lane-thread', thread: true, roots: ['lane/lane-thread.ts'] },
  { name: 'range-driver', thread: true, roots: ['fan-out/range-driver.ts'] },
  { name: 'channels', onDemand: true, roots: ['channel/channel.ts'] },
  { name: 'producer', thread: true, roots: ['generator/producer.ts'] },
  { name: 'consume-driver', thread: true, roots: ['ordered/consume-driver.ts'] },
  { name: 'pool', roots: ['index.ts'] },
  {
    name: 'workers',
    onDemand: true,
    roots: [
      'worker-options.ts',
      'worker-registry.ts',
      'isolate-runs.ts',
      'pool-log.ts',
      'job-options.ts',
      'job-guards.ts',
      'abort-group.ts',
    ],
  },
  {
    name: 'lanes',
    onDemand: true,
    roots: ['lane/lane-client.ts', 'lane/call-site.ts', 'lane/carried-function.ts'],
  },
  { name: 'thread-runs', onDemand: true, roots: ['thread-runs.ts', 'thread-place.ts'] },
  { name: 'carry', onDemand: true, roots: ['lane/carried-graph.ts', 'lane/function-source.ts'] },
  {
    name: 'fan-out',
    onDemand: true,
    roots: [
      'fan-out/parallelise.ts',
      'fan-out/parallelise-iter.ts',
      'fan-out/parallelise-options.ts',
      'fan-out/thread-function.ts',
      'fan-out/pooled-call.ts',
      'fan-out/call-queue.ts',
    ],
  },
  {
    name: 'generators',
    onDemand: true,
    roots: [
      'generator/production.ts',
      'generator/loop-production.ts',
      'generator/item-reader.ts',
      'generator/thread-run.ts',
      'generator/thread-names.ts',
    ],
  },
  {
    name: 'ordered',
    onDemand: true,
    roots: [
      'ordered/ordered-items.ts',
      'ordered/loop-items.ts',
      'ordered/thread-pool.ts',
      'ordered/first-message.ts',
    ],
  },
  { name: 'sources', onDemand: true, roots: ['sources/lines.ts', 'sources/walk.ts'] },
];
