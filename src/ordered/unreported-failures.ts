/** Failures of producers that come out of `stop()`: those that were not asked for when the process ends. */
import { poolContext } from '../pool-context.ts';

const unreported = new Map<object, unknown>();

/** The owner has failed and nobody knows yet. */
export function noteUnreported(owner: object, error: unknown): void {
  if (unreported.size === 0) process.on('exit', logAll);
  if (!unreported.has(owner)) unreported.set(owner, error);
}

/** Somebody asked. */
export function noteReported(owner: object): void {
  if (unreported.delete(owner) && unreported.size === 0) process.off('exit', logAll);
}

function logAll(): void {
  for (const [owner, error] of unreported) {
    poolContext.log.jobFailed(owner.constructor.name, error);
  }
}
