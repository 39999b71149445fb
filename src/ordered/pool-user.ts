import { ThreadsClosedError } from '../errors.ts';
import {
  argumentsNow,
  carryThreadFunction,
  type ThreadFunction,
} from '../fan-out/thread-function.ts';
import { ThreadPool } from './thread-pool.ts';

/** Something that has a thread of the pool and must be stopped before the pool is shut down. */
export interface PoolTenant {
  readonly name: string;
}

let pool: ThreadPool | undefined;
let shuttingDown: Promise<void> | undefined;
const tenants = new Set<PoolTenant>();

/**
 * What uses the one pool of native threads that is shared by this class and all that extend it.
 *
 * @example
 * ```ts
 * import { PoolUser } from 'backbeat';
 * PoolUser.setup();
 * console.log(await PoolUser.deferToThreadInPool((n: number) => n + 1, 41)); // 42
 * await PoolUser.shutdown();
 * ```
 */
export class PoolUser {
  /** Kept for its name: threads are started when they are needed. */
  static readonly minThreads = 2;
  /** Threads of the pool when `setup` is not told otherwise. */
  static readonly maxThreads = 10;

  /**
   * Makes the pool, if there is none.
   *
   * @param maxThreads - Most threads at once, at least 1. Default 10; a pool that is there already
   *   gets the new limit when one is given.
   */
  static setup(maxThreads?: number): void {
    if (shuttingDown !== undefined) {
      throw new ThreadsClosedError(
        'the pool is being shut down',
        'await shutdown() before setup()',
      );
    }
    if (pool === undefined) pool = new ThreadPool(maxThreads ?? PoolUser.maxThreads);
    else if (maxThreads !== undefined) pool.maxThreads = maxThreads;
  }

  /**
   * Waits for everything that runs in the pool, and then forgets the pool: `setup` makes a new one.
   * From now on nothing can be deferred to it.
   *
   * @throws ThreadsClosedError `BACKBEAT_THREADS_CLOSED` at once when a producer was started and not
   *   stopped: it would be waited for in vain.
   */
  static shutdown(): Promise<void> {
    if (pool === undefined) return Promise.resolve();
    if (tenants.size > 0) {
      const names = [...tenants].map(({ name }) => name).join(', ');
      const what = `shutdown() would wait for ever: ${names} was started and not stopped`;
      return Promise.reject(new ThreadsClosedError(what, 'await stop() first'));
    }
    shuttingDown ??= pool.whenIdle().then(() => {
      pool = undefined;
      shuttingDown = undefined;
    });
    return shuttingDown;
  }

  /**
   * Runs a function on a thread of the pool. It may block there.
   *
   * @param func - Carried with what it captured, or a task.
   * @param args - Its arguments. They are copied now.
   * @returns What it returns; rejects with what it throws, and with ThreadsClosedError
   *   `BACKBEAT_THREADS_CLOSED` before `setup` and after `shutdown`.
   */
  static deferToThreadInPool<A extends readonly unknown[], R>(
    func: ThreadFunction<A, R>,
    ...args: A
  ): Promise<Awaited<R>> {
    return deferToThread(func, args);
  }

  /**
   * The pool.
   *
   * @throws ThreadsClosedError `BACKBEAT_THREADS_CLOSED` before `setup` and after `shutdown`.
   */
  static get pool(): ThreadPool {
    return openPool();
  }

  /** As on the class. */
  get pool(): ThreadPool {
    return openPool();
  }

  /** As on the class. */
  deferToThreadInPool<A extends readonly unknown[], R>(
    func: ThreadFunction<A, R>,
    ...args: A
  ): Promise<Awaited<R>> {
    return deferToThread(func, args);
  }
}

/** The pool must not be shut down before this tenant has left. */
export function enterPool(tenant: PoolTenant): void {
  tenants.add(tenant);
}

/** The tenant has been stopped. */
export function leavePool(tenant: PoolTenant): void {
  tenants.delete(tenant);
}

function deferToThread<A extends readonly unknown[], R>(
  func: ThreadFunction<A, R>,
  args: A,
): Promise<Awaited<R>> {
  const carried = carryThreadFunction(func, 'func');
  let threads: ThreadPool;
  try {
    threads = openPool();
  } catch (error) {
    return Promise.reject(error);
  }
  const now = threads.isFull ? argumentsNow(args) : args;
  return threads.run(carried, now) as Promise<Awaited<R>>;
}

function openPool(): ThreadPool {
  if (pool === undefined) throw new ThreadsClosedError('there is no pool', 'call setup() first');
  if (shuttingDown !== undefined) {
    throw new ThreadsClosedError('the pool is being shut down', 'await shutdown(), then setup()');
  }
  return pool;
}
