/** Failed jobs of a fan-out: as they are read, raised and logged. */
import type { CallSite } from '../lane/call-site.ts';
import { decodeError } from '../lane/error-codec.ts';
import type { Logger } from '../pool-log.ts';
import { BgException, type JobFailure, textOfThrown } from './bg-exception.ts';
import type { ResultRun } from './range-report.ts';

/** The failure that a thread reported. */
export function failureOf(
  run: ResultRun & { readonly is: 'failure' },
  caller: CallSite,
): JobFailure {
  const { firstId: jobId, error, isDecoded = false } = run;
  return { jobId, error: isDecoded ? error : decodeError(error, caller.stack) };
}

/** A warning: one line that names the job, then what it threw. */
export function logFailure(logger: Logger, { jobId, error }: JobFailure): void {
  logger('WARNING', `  Caught an exception from job ${jobId}::`);
  for (const line of textOfThrown(error).split('\n')) logger('WARNING', `    ${line}`);
}

/** What is raised for failed jobs: the one with the lowest id, with all attached. */
export function jobsFailed(failures: JobFailure[], caller: CallSite): BgException {
  failures.sort((a, b) => a.jobId - b.jobId);
  const { jobId, error } = failures[0] as JobFailure;
  return new BgException(`Exception raised by job ${jobId}`, error, { failures, caller });
}
