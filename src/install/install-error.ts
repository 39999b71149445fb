import { BackbeatError } from '../index.ts';

/** The binary could not be fetched, or was refused. Nothing was changed. Code `BACKBEAT_INSTALL`. */
export class InstallError extends BackbeatError {
  constructor(message: string, cause?: unknown) {
    super('BACKBEAT_INSTALL', message, cause === undefined ? undefined : { cause });
  }
}
