/** node-schedule: jobs at a date, and cron rules of whole seconds. */
import schedule from 'node-schedule';

export function createPeer() {
  return {
    numericHandles: false,
    isLibrary: true,
    wholeSecondGrid: true,
    insert: (delayMs, callback, arg) =>
      schedule.scheduleJob(new Date(Date.now() + delayMs), () => callback(arg)),
    every: (_intervalMs, callback, arg) => schedule.scheduleJob('* * * * * *', () => callback(arg)),
    cancel: (job) => job.cancel(),
    actor: (callback, name, data, delayMs) =>
      schedule.scheduleJob(name, new Date(Date.now() + delayMs), () => callback(data)),
  };
}
