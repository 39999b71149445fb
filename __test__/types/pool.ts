// Compiled, never run: see types.spec.ts.
import {
  type ActorOptions,
  BackgroundWorker,
  BackgroundWorkerPool,
  type Logger,
  ManualClock,
  type WorkerCallback,
  type WorkerEntry,
} from 'backbeat';

interface Session {
  readonly user: string;
}

// The type of the data reaches callback, finished and worker.
const worker = BackgroundWorkerPool.newWorker<Session>(
  '1.5s',
  (data, self, extra: number) => data.user.length + self.data.user.length + extra,
  { data: { user: 'a' }, finished: (data) => data.user },
);
const name: string | undefined = worker.name;
const user: string = worker.data.user;
worker.data = { user: 'b' };
const started: BackgroundWorker<Session> = worker.start(1, 'anything').stop().pause();
const resumed: BackgroundWorker<Session> | undefined = worker.unpause(true) ?? worker.restart(2);

// Inferred from the options.
BackgroundWorkerPool.newActor((data) => data.user, { data: { user: 'a' } });
BackgroundWorkerPool.newActor(async () => false, { at: new Date(), ref: false });
BackgroundWorkerPool.newActor(() => {}, { at: { epochMilliseconds: 5 } });
BackgroundWorkerPool.newWorker({ minutes: 1, seconds: 30 }, () => {});

const options: ActorOptions<Session> = { delay: '5s', data: { user: 'a' }, name: undefined };
const callback: WorkerCallback<Session> = ({ user: of }) => of;
BackgroundWorkerPool.newActor(callback, options);
const direct = new BackgroundWorker<Session>(1, callback, { data: { user: 'a' }, maxCount: 2 });

const all: ReadonlyMap<number, BackgroundWorker> = BackgroundWorkerPool.backgroundWorkers;
const queue: readonly WorkerEntry[] = BackgroundWorkerPool.workerQueue;
const timer: WorkerEntry | undefined = BackgroundWorkerPool.workerTimer;
const logger: Logger = (level, message) => `${level.toLowerCase()} ${message}`;
BackgroundWorkerPool.setLogger(logger);
BackgroundWorkerPool.setLogger(undefined);
BackgroundWorkerPool.useClock(new ManualClock({ wallEpochMs: 0 }));

// @ts-expect-error a boolean is no duration
BackgroundWorkerPool.newWorker(true, () => {});
// @ts-expect-error unknown option
BackgroundWorkerPool.newWorker(1, () => {}, { repeat: 5 });
// @ts-expect-error an actor runs once
BackgroundWorkerPool.newActor(() => {}, { maxCount: 5 });
// @ts-expect-error a worker has no instant
BackgroundWorkerPool.newWorker(1, () => {}, { at: new Date() });
// @ts-expect-error weeks need a calendar
BackgroundWorkerPool.newWorker({ weeks: 1 }, () => {});
// @ts-expect-error the data are of another type
BackgroundWorkerPool.newWorker<Session>(1, () => {}, { data: 5 });
// @ts-expect-error a callback is needed
BackgroundWorkerPool.newActor();
// @ts-expect-error removing wants a name
BackgroundWorkerPool.removeWorkers();
// @ts-expect-error the id is given
worker.id = 5;
// @ts-expect-error the interval is changed by restart
worker.interval = 5;
// @ts-expect-error the view of the pool cannot be changed
BackgroundWorkerPool.backgroundWorkers.clear();
// @ts-expect-error nor can a snapshot
BackgroundWorkerPool.workerQueue.pop();
// @ts-expect-error no such level
BackgroundWorkerPool.setLogger((level: 'LOUD') => level);
// @ts-expect-error a signal is an AbortSignal
BackgroundWorkerPool.newWorker(1, () => {}, { signal: new AbortController() });

export const used = { name, user, started, resumed, direct, all, queue, timer };
