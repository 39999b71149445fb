import { inspect } from 'node:util';

/** Levels of the pool's log. */
export type LogLevel = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR';

/** Receives the pool's log, see `BackgroundWorkerPool.setLogger`. */
export type Logger = (level: LogLevel, message: string) => void;

/** What is logged when nobody set a logger: warnings and errors, on standard error. */
function defaultLogger(level: LogLevel, message: string): void {
  if (level === 'ERROR' || level === 'WARNING') process.stderr.write(`${level} ${message}\n`);
}

/** The log of the pool. */
export class PoolLog {
  #logger: Logger | undefined = defaultLogger;

  /** False while a DEBUG message would go nowhere; then it is not worth to be composed. */
  get wantsDebug(): boolean {
    return this.#logger !== undefined && this.#logger !== defaultLogger;
  }

  setLogger(logger: Logger | undefined): void {
    this.#logger = logger;
  }

  debug(message: string): void {
    this.#logger?.('DEBUG', message);
  }

  error(message: string): void {
    this.#logger?.('ERROR', message);
  }
}

/** A name as it appears in the log: control characters cannot forge lines or colours. */
export function printableName(name: string | undefined): string {
  if (name === undefined) return '(no name)';
  return name.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}

/** The text of something thrown, with its stack when it has one. */
export function describeThrown(thrown: unknown): string {
  if (thrown instanceof Error) return `${thrown.message}\n${thrown.stack ?? ''}`;
  // Not `String(thrown)`, which may run code of the thrown object, and fail.
  return inspect(thrown);
}
