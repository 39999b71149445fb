/** Loggers as they are given to a fan-out. */
import { InvalidArgumentError } from '../errors.ts';
import { poolContext } from '../pool-context.ts';
import type { Logger, LogLevel } from '../pool-log.ts';

/** A logger with a method per level, such as `console`. */
export interface LevelLogger {
  /** Gets what only a developer of the program wants. Without it nobody does. */
  debug?(message: string): unknown;
  /** Gets the progress. */
  info(message: string): unknown;
  /** Gets what went wrong and was gone over. */
  warn(message: string): unknown;
  /** Gets what went wrong. Without it `warn` does. */
  error?(message: string): unknown;
}

/** A function as for `BackgroundWorkerPool.setLogger`, or an object with a method per level. */
export type LoggerInput = Logger | LevelLogger;

/** The log of the pool, when none was given. */
export function defaultLog(level: LogLevel, message: string): void {
  poolContext.log.write(level, message);
}

/**
 * Makes one shape of every logger.
 *
 * @throws InvalidArgumentError when it is none.
 */
export function readLogger(logger: LoggerInput): Logger {
  if (typeof logger === 'function') return logger;
  const isLogger =
    typeof logger === 'object' &&
    logger !== null &&
    typeof logger.info === 'function' &&
    typeof logger.warn === 'function';
  if (!isLogger) {
    throw new InvalidArgumentError('logger', logger, 'a function or an object with info and warn');
  }
  return (level, message) => {
    if (level === 'DEBUG') logger.debug?.(message);
    else if (level === 'INFO') logger.info(message);
    else if (level === 'ERROR' && logger.error !== undefined) logger.error(message);
    else logger.warn(message);
  };
}
