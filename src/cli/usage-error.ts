import { BackbeatError } from '../index.ts';

/** Wrong use of the command line: shown as one line, exit code 2. Code `BACKBEAT_USAGE`. */
export class UsageError extends BackbeatError {
  constructor(message: string) {
    super('BACKBEAT_USAGE', message);
  }
}
