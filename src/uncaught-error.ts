/** Where errors end that callbacks throw: in `uncaughtException`, as with Node's own timers. */
import { writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { hostProcess as host } from './host-at-load.ts';
import { native } from './native.ts';

const STANDARD_ERROR = 2;
const abortsOnUncaught = /--abort[-_]on[-_]uncaught[-_]exception\b/.test(
  [...host.execArgv, host.env.NODE_OPTIONS].join(' '),
);

/**
 * Hands an error to Node. With `--abort-on-uncaught-exception` an error that nobody handles leaves
 * a core file; V8 would write it by itself, had we not caught the error to go on with the others.
 */
export function throwUncaught(error: unknown): void {
  if (abortsOnUncaught && !hasHandler()) {
    writeSync(STANDARD_ERROR, `Uncaught:\n${inspect(error)}\n`);
    host.abort();
  }
  native().throwUncaught(error);
}

/** A domain sets the capture callback. */
function hasHandler(): boolean {
  return host.listenerCount('uncaughtException') > 0 || host.hasUncaughtExceptionCaptureCallback();
}
