/** croner: one run at a date, and cron patterns of whole seconds. */
import { Cron } from 'croner';

export function createPeer() {
  return {
    numericHandles: false,
    isLibrary: true,
    wholeSecondGrid: true,
    insert: (delayMs, callback, arg) =>
      new Cron(new Date(Date.now() + delayMs), () => callback(arg)),
    every: (_intervalMs, callback, arg) => new Cron('* * * * * *', () => callback(arg)),
    cancel: (job) => job.stop(),
    actor: (callback, name, data, delayMs) =>
      new Cron(new Date(Date.now() + delayMs), { name }, () => callback(data)),
  };
}
