/** The caller's logger, as a function on a thread has it. */
import type { Logger } from '../pool-log.ts';
import type { LevelLogger } from './fan-out-log.ts';

/** What a function on a thread gets with `passLogger`: it writes to the caller's logger. */
export type ThreadLogger = Logger & Required<LevelLogger>;

/** A logger that hands each entry to `write`. */
export function threadLogger(write: Logger): ThreadLogger {
  const logger: Logger = (level, message) => write(level, message);
  return Object.assign(logger, {
    debug: (message: string) => write('DEBUG', message),
    info: (message: string) => write('INFO', message),
    warn: (message: string) => write('WARNING', message),
    error: (message: string) => write('ERROR', message),
  });
}
