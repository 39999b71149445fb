import { BackbeatError } from '../errors.ts';

/**
 * Bytes that should hold a value do not. It cannot happen unless something else wrote into the memory.
 * Code `BACKBEAT_CORRUPT_VALUE`.
 */
export class CorruptValueError extends BackbeatError {
  constructor(found: string) {
    super('BACKBEAT_CORRUPT_VALUE', `the bytes of a value are damaged: ${found}`);
  }
}

export function corrupt(found: string): CorruptValueError {
  return new CorruptValueError(found);
}
