/** Errors of generators on threads. */
import { BackbeatError } from '../errors.ts';

/** `start()` while the generator is running. Code `BACKBEAT_GENERATOR_RUNNING`. */
export class GeneratorRunningError extends BackbeatError {
  constructor(name: string) {
    super(
      'BACKBEAT_GENERATOR_RUNNING',
      `${name} is running already; wait for join() before you start it again`,
    );
  }
}

/** A SpawnedGenerator is iterated a second time. Code `BACKBEAT_ALREADY_ITERATED`. */
export class AlreadyIteratedError extends BackbeatError {
  constructor() {
    super(
      'BACKBEAT_ALREADY_ITERATED',
      'this SpawnedGenerator was iterated before, which can be done once; make a new one',
    );
  }
}

/** `join()` of a SpawnedGenerator that was never started. Code `BACKBEAT_NOT_STARTED`. */
export class NotStartedError extends BackbeatError {
  constructor() {
    super(
      'BACKBEAT_NOT_STARTED',
      'this SpawnedGenerator has not started, so join() would wait for ever; iterate it or call run() first',
    );
  }
}

/**
 * The items come by way of this thread's event loop, so a loop that blocks it would never get one.
 * Code `BACKBEAT_ASYNC_ITERABLE`.
 */
export class AsyncIterableError extends BackbeatError {
  constructor() {
    super(
      'BACKBEAT_ASYNC_ITERABLE',
      'an async iterable of this thread cannot be iterated by a loop that blocks it; use for await, or give a generator function, which runs on a thread of its own',
    );
  }
}
