/** node-cron: cron patterns of whole seconds, nothing that runs once. */
import cron from 'node-cron';

export function createPeer() {
  return {
    numericHandles: false,
    isLibrary: true,
    wholeSecondGrid: true,
    every: (_intervalMs, callback, arg) => cron.schedule('* * * * * *', () => callback(arg)),
  };
}
