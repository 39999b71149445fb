/** Where we differ from the original on purpose. One table, read by the tests and by people. */

/** A deliberate difference. */
export interface Difference {
  /** The recorded scenario, or what it is about when no scenario shows it. */
  readonly id: string;
  readonly original: string;
  readonly ours: string;
  readonly why: string;
}

/** Scenarios in which we behave otherwise; each has a test of its own. */
export const DIFFERENCES: readonly Difference[] = [
  {
    id: '001-job-many',
    original:
      'a thread for each job that is under way, without a limit: 200 jobs leave 200 idle threads',
    ours: 'at most `maxThreads` threads; further jobs wait for one of them',
    why: 'a thread is an isolate of its own: 200 of them need gigabytes and are slower than a few',
  },
  {
    id: '001-return-false-stops',
    original: 'any falsy value stops the worker, also no value at all',
    ours: 'only `false` stops it',
    why: 'most callbacks in JavaScript return nothing and would stop by accident',
  },
  {
    id: '001-args-data',
    original: 'keyword arguments; `_data` and `_worker` by parameter name',
    ours: '(data, worker, ...arguments of start), by position; a missing argument is undefined',
    why: 'JavaScript has no keyword arguments, and parameter names do not survive minification',
  },
  {
    id: '001-pause-waits-callback',
    original: 'pause() during a run blocks until the run is over',
    ours: 'pause() returns at once and takes effect when the run is over',
    why: 'the caller shares the loop with the callback: waiting would never end',
  },
  {
    id: '001-stop-mid-callback',
    original: 'stop() during a run calls `finished` before the run has ended',
    ours: '`finished` comes after the end of the run',
    why: 'order of a life: last run, finished, out of the pool',
  },
  {
    id: '001-maxcount-exception-actor',
    original: 'an error is logged twice',
    ours: 'an error is logged once, with its stack',
    why: 'the second entry says nothing new',
  },
  {
    id: '001-interval-zero-past',
    original: 'interval 0 runs back to back until the balance check ends it at run 999',
    ours: 'interval 0 runs again and again by way of the loop, without end',
    why: 'the loop stays free for everything else',
  },
  {
    id: '001-queue-entries',
    original: 'entries have the fields timestamp, workerID, workerName',
    ours: 'entries have the fields timestamp, id, name; order and content are the same',
    why: 'named as on the worker',
  },
  {
    id: '001-order-ties',
    original: 'equal due times run in the order of the heap',
    ours: 'equal due times run in the order of their starts',
    why: 'an order that can be relied on',
  },
  {
    id: '001-drift-afterrun',
    original: 'about 0.5 ms of drift per run with intervals after the end',
    ours: 'the next run is one interval after the end, no more',
    why: 'the timer costs no time of its own',
  },
  {
    id: '001-cost-timers',
    original: '5799 threads are made for 2000 actors',
    ours: 'one thread for all',
    why: 'one native timer thread serves the process',
  },
  {
    id: '001-systemexit-in-callback',
    original: 'SystemExit ends the thread silently and closes standard input',
    ours: 'whatever is thrown is an error of the run: logged, and the worker goes on',
    why: 'JavaScript has no SystemExit; process.exit() does what it says',
  },
  {
    id: '000-names',
    original: 'without a name: that of an internal function, the first without a number',
    ours: "without a name: the generator's, always with a number; a given name as in the original",
    why: 'as the original documents it',
  },
  {
    id: '000-logs',
    original: 'eleven entries, the arguments at level TRACE',
    ours: 'an entry for each step of a life at level DEBUG, in words of our own, without arguments',
    why: 'the log has no level TRACE, and arguments may be large or secret',
  },
  {
    id: '003-direct-start-run',
    original: 'run() before the iteration raises, because there is no queue yet',
    ours: 'run() starts the source at once; its items wait for the iteration',
    why: 'a method that always fails is of no use to anybody',
  },
];

/** The same for the systems that run on threads: bg_invoke (002) and OrderedItemProducer (004). */
export const THREAD_DIFFERENCES: readonly Difference[] = [
  {
    id: '002-invoke-systemexit',
    original: 'the error is not captured; result says that it is not available',
    ours: 'process.exit() ends the thread; result raises BgException with a ThreadLostError',
    why: 'whoever waits for a result gets one or an error that says what happened',
  },
  {
    id: '002-thread-result-twice',
    original: 'a second read without invoke blocks for ever',
    ours: 'a promise of the next result; resultSync() throws DeadlockError',
    why: 'a call that cannot return is an error',
  },
  {
    id: '002-thread-close-busy',
    original: 'close waits in steps of a second; the finished result cannot be read',
    ours: 'close waits for the end of the call, and its result can be read',
    why: 'a result that was asked for is not lost',
  },
  {
    id: '002-par-raise-first-which',
    original: 'the lowest job id among those that one look each second finds',
    ours: 'the lowest job id of all that failed until everything had stopped; all are attached',
    why: 'does not depend on when somebody looks',
  },
  {
    id: '002-proc-wait',
    original: 'waits in steps of a second',
    ours: 'settles when the last procedure has ended',
    why: 'no poll',
  },
  {
    id: '004-iterator-class',
    original: 'next() after the end blocks',
    ours: 'next() after the end gives the end again',
    why: 'an end stays an end',
  },
  {
    id: '004-item-error-sync',
    original: 'the failure is lost; items after it are computed and reported as produced',
    ours: 'stop() rejects with it; items after it are not made, their promises give undefined',
    why: 'as documented; nothing is reported as produced that nobody gets',
  },
  {
    id: '004-backpressure',
    original: 'unread items pile up without limit',
    ours: 'the same without looking at `ready`; with it at most twice highWaterMark items wait',
    why: 'the caller decides, by awaiting it',
  },
  {
    id: '004-blocking-fp',
    original: 'an item function that blocks stalls the event loop',
    ours: 'so does a plain function; one that is a thread task runs in the queue q',
    why: 'work that blocks has a place to go',
  },
  {
    id: '004-throughput',
    original: 'about 20 thousand items a second',
    ours: 'measured in bench/, not in a test',
    why: 'a test never asserts a speed',
  },
  {
    id: '004-attributes',
    original: 'no q; the consumerator holds a thread from the constructor on',
    ours: 'q is there; the consumerator needs no thread before start()',
    why: 'q is documented; a loop of its own is not needed',
  },
];

/** Differences of these systems that no scenario shows. */
export const UNRECORDED_THREAD_DIFFERENCES: readonly Difference[] = [
  {
    id: 'numJobs true',
    original: 'counts as 1',
    ours: 'is refused',
    why: 'a truth value is no number of jobs',
  },
  {
    id: "bgException 'warn' without logger",
    original: 'the document forbids it, the code takes the default logger',
    ours: 'without one the log of the pool is used; null is refused',
    why: 'both agree that the warnings must go somewhere',
  },
  {
    id: 'maxThreads 1 or 0 of a pool',
    original: '1 fails and leaves the class unusable, 0 counts as not given',
    ours: '1 is a pool of one thread, 0 is refused',
    why: 'a wrong value fails at the call and leaves no trace',
  },
  {
    id: 'one pool for all pool users',
    original: 'documented; in fact each class has its own',
    ours: 'one pool for PoolUser and all that extend it',
    why: 'the document wins',
  },
  {
    id: 'items paused and stopped',
    original: 'pauseProducing does not pause',
    ours: 'stop() produces what was asked for while paused, stopProducing() drops it',
    why: 'stop() is documented to wait for all pending calls',
  },
];

/** Differences that no scenario shows; tested with the subject that they belong to. */
export const UNRECORDED_DIFFERENCES: readonly Difference[] = [
  {
    id: 'ids',
    original: 'a random integer',
    ours: 'counted up from 1 in order of creation',
    why: 'the order of ids is the order of creation, and no two are equal',
  },
  {
    id: 'text form',
    original: 'shows data',
    ours: 'does not show data',
    why: 'data may be large, secret or not printable',
  },
  {
    id: 'worker without a name in the log',
    original: 'None',
    ours: '(no name)',
    why: 'cannot be taken for a worker of that name',
  },
  {
    id: 'pattern ending in a backslash',
    original: 'raises',
    ours: 'the backslash stands for itself',
    why: 'a search does not throw',
  },
  {
    id: 'keyword arguments of a generator',
    original: 'are keyword arguments of the function',
    ours: 'come as one object behind the other arguments',
    why: 'JavaScript has no keyword arguments',
  },
  {
    id: 'joining a generator that nobody reads',
    original: 'never returns once the queue is full',
    ours: 'takes the items into memory, where they can still be read',
    why: 'nothing waits for ever, and nothing is lost',
  },
  {
    id: 'threads of a spawned generator',
    original: 'keep the process alive',
    ours: 'do not; whoever waits for an item does',
    why: 'a consumer that left must not hold up the end',
  },
];
