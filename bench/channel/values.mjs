/** What is streamed: how the i-th value is made, and what number a received one has. */
const TEXT = 'The quick brown fox jumps over the lazy dog. '.repeat(4);

/** Bytes of a large buffer. */
export const LARGE_BYTES = 1 << 20;

/** An object of about 1 KB in JSON. */
const object = makeObject(0);

function makeObject(id) {
  return {
    id,
    name: `device ${id}`,
    isActive: id % 2 === 0,
    position: { latitude: 48.1 + id / 1e6, longitude: 11.5 + id / 1e6, altitude: 519 },
    tags: ['north', 'outdoor', 'battery', `group ${id % 100}`],
    readings: Array.from({ length: 24 }, (_, hour) => hour * 1.25 + (id % 10)),
    note: TEXT,
    history: [
      { at: 1_700_000_000_000 + id, event: 'created', by: 'system' },
      { at: 1_700_000_100_000 + id, event: 'moved', by: 'operator' },
      { at: 1_700_000_200_000 + id, event: 'checked', by: 'system' },
    ],
  };
}

const WORK_ROUNDS = 1_000_000;

/** About a millisecond of arithmetic, the same each time. */
export function work() {
  let hash = 0x811c9dc5;
  for (let round = 0; round < WORK_ROUNDS; round++) hash = Math.imul(hash ^ round, 0x01000193);
  return hash;
}

const KINDS = {
  number: { make: (id) => id, read: (value) => value },
  // A Buffer of its own memory: of one from Node's pool a port would copy the whole pool.
  buffer: {
    make: (id) => {
      const buffer = Buffer.alloc(64);
      buffer[0] = id;
      buffer[1] = id >> 8;
      buffer[2] = id >> 16;
      return buffer;
    },
    read: (bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16),
  },
  /** A number that takes a millisecond to make. */
  busy: {
    make: (id) => {
      work();
      return id;
    },
    read: (value) => value,
  },
  object: {
    // Its parts are made once: what counts is how it travels.
    make: (id) => ({ ...object, id }),
    read: ({ id }) => id,
  },
  large: {
    make: (id) => {
      const buffer = new ArrayBuffer(LARGE_BYTES);
      new DataView(buffer).setUint32(0, id);
      return buffer;
    },
    read: (buffer) => new DataView(buffer).getUint32(0),
    moves: true,
  },
};

/** `make(id)`, and the list of what moves with a value, when anything does. */
export function producerOf(kind) {
  const { make, moves } = KINDS[kind];
  return { make, transferOf: moves ? (value) => [value] : () => undefined };
}

/** Checks that the values come once and in order. */
export class OrderCheck {
  received = 0;
  wrong = 0;
  #read;

  constructor(kind) {
    this.#read = KINDS[kind].read;
  }

  take(value) {
    if (this.#read(value) !== this.received) this.wrong++;
    this.received++;
  }
}
