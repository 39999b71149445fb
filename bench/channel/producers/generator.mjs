/** What a generator on a native thread makes. */
import { move } from '../../../dist/index.js';
import { producerOf } from '../values.mjs';

export function* produce(kind, n) {
  const { make, transferOf } = producerOf(kind);
  for (let id = 0; id < n; id++) {
    const value = make(id);
    const transfer = transferOf(value);
    yield transfer === undefined ? value : move(value, transfer);
  }
}
