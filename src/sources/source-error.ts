import { BackbeatError } from '../errors.ts';

/**
 * A file or a directory could not be read by `walk` or `lines`. Code `BACKBEAT_SOURCE`; the
 * system's own code (`EACCES`, `ENOENT`, …) is in `systemCode`.
 */
export class SourceError extends BackbeatError {
  /** The system's code, as on the errors of `node:fs`. */
  readonly systemCode: string;
  /** The path that could not be read. */
  readonly path: string;

  constructor(systemCode: string, path: string, reason: string) {
    super('BACKBEAT_SOURCE', `${systemCode}: cannot read ${path}: ${reason}`);
    this.systemCode = systemCode;
    this.path = path;
  }
}
