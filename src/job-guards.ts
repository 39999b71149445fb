import { type DurationInput, parseDuration } from './duration.ts';
import { threadSettings } from './lane/thread-settings.ts';

/** What may stop a job from outside: its signal, its time-out, and the end of the grace time. */
export class JobGuards {
  readonly #stop: (why: string, reason: unknown) => void;
  #signal: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;

  constructor(stop: (why: string, reason: unknown) => void) {
    this.#stop = stop;
  }

  /** Stops the job when the signal is aborted, and when the time is over. */
  watch(signal: AbortSignal | undefined, timeout: DurationInput | undefined): void {
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (timeout === undefined) return;
    const timeoutMs = parseDuration(timeout, 's', 'timeout');
    const why = `it took longer than ${timeoutMs} ms`;
    this.#timer = setTimeout(() => this.#stop(why, undefined), timeoutMs);
  }

  /** Ends the job's thread when the grace time is over. */
  afterGrace(end: () => void): void {
    this.#grace = setTimeout(end, threadSettings.graceMs);
  }

  /** The job has ended. */
  lift(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#grace);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    this.#stop('its signal was aborted', this.#signal?.reason);
  };
}
