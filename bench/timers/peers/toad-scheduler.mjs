/** toad-scheduler: interval jobs only, so a one-shot is a job that stops itself. */
import { SimpleIntervalJob, Task, ToadScheduler } from 'toad-scheduler';

export function createPeer() {
  const scheduler = new ToadScheduler();
  const add = (milliseconds, task, id) => {
    const job = new SimpleIntervalJob({ milliseconds }, task, { id });
    scheduler.addSimpleIntervalJob(job);
    return job;
  };
  return {
    numericHandles: false,
    isLibrary: true,
    insert: (delayMs, callback, arg) => {
      const run = () => {
        job.stop();
        callback(arg);
      };
      const job = add(delayMs, new Task('oneshot', run));
      return job;
    },
    every: (intervalMs, callback, arg) =>
      add(intervalMs, new Task('recurring', () => callback(arg))),
    cancel: (job) => job.stop(),
    actor: (callback, name, data, delayMs) => {
      const run = () => {
        scheduler.removeById(name);
        callback(data);
      };
      return add(delayMs, new Task(name, run), name);
    },
  };
}
