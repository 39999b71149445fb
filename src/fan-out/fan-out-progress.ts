/** Tells how far a fan-out is: to its caller, on a terminal, and in its log. */
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import type CliProgress from 'cli-progress';
import type { JobProgress, ParalleliseSettings } from './parallelise-options.ts';
import type { ResultRun } from './range-report.ts';
import { countOf } from './result-reader.ts';

/** The log tells of each job whose number is one more than a multiple of this. */
const LOGGED_JOBS = 1000;
/**
 * The bar is told this often, and says how long is left from the last of these. Reports of a thread
 * come in bursts: taken one by one they would look like a speed that changes all the time.
 */
const BAR_MS = 100;
const BAR_STEPS = 100;
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

// Taken at load: fake timers must not stop us.
const readClock = performance.now.bind(performance);

const requireFromHere = createRequire(import.meta.url);

/** See the head of the file. */
export class FanOutProgress {
  readonly #settings: ParalleliseSettings;
  readonly #total: number;
  #done = 0;
  #failed = 0;
  #nextLogged = 0;
  #bar: CliProgress.SingleBar | undefined;
  #barToldMs = 0;
  /** Gives the terminal back; then the signal does what it would have done without a bar. */
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const isOurs = process.listenerCount(signal) === 1;
    this.end();
    if (isOurs) process.kill(process.pid, signal);
  };

  constructor(settings: ParalleliseSettings, total: number) {
    this.#settings = settings;
    this.#total = total;
    const { numThreads, isLogging, logger } = settings;
    if (isLogging) logger('INFO', `Parallelise ${total} jobs using ${numThreads} threads:`);
    this.#logUpTo(1);
    if (settings.progressBar !== false && process.stderr.isTTY) this.#openBar();
  }

  /** Jobs have ended; so many were claimed by now. */
  note(run: ResultRun, claimed: number): void {
    this.#done += countOf(run);
    if (run.is === 'failure') this.#failed++;
    this.#logUpTo(claimed);
    if (this.#bar !== undefined) this.#tellBar(this.#bar);
    this.#settings.onProgress?.(this.#current());
  }

  /** Gives the terminal back. */
  end(): void {
    if (this.#bar === undefined) return;
    this.#bar.update(this.#done);
    this.#bar.stop();
    this.#bar = undefined;
    this.leaveSignals();
  }

  /** For a thread that is about to block: a listener could not run, and would keep Ctrl-C from working. */
  leaveSignals(): void {
    for (const signal of ENDING_SIGNALS) process.off(signal, this.#onSignal);
  }

  #tellBar(bar: CliProgress.SingleBar): void {
    const nowMs = readClock();
    if (nowMs - this.#barToldMs < BAR_MS) return;
    this.#barToldMs = nowMs;
    bar.update(this.#done);
  }

  #current(): JobProgress {
    return { done: this.#done, total: this.#total, failed: this.#failed };
  }

  #logUpTo(claimed: number): void {
    if (!this.#settings.isLogging) return;
    for (; this.#nextLogged < claimed; this.#nextLogged += LOGGED_JOBS) {
      this.#settings.logger('INFO', `  Job ${this.#nextLogged + 1}/${this.#total}...`);
    }
  }

  /** Loaded when a bar is shown: nobody else pays for it. */
  #openBar(): void {
    const { progressBar } = this.#settings;
    const title = typeof progressBar === 'string' ? `${progressBar} ` : '';
    const { SingleBar, Presets } = requireFromHere('cli-progress') as typeof CliProgress;
    const format = `${title}{bar} {percentage}% | {value} of {total} | {eta_formatted} left`;
    const options = {
      format,
      stream: process.stderr,
      hideCursor: true,
      fps: 1000 / BAR_MS,
      etaBuffer: BAR_STEPS,
      // Its own way would keep the process alive after Ctrl-C.
      gracefulExit: false,
    };
    this.#bar = new SingleBar(options, Presets.shades_classic);
    this.#bar.start(this.#total, 0);
    // In front: a listener of the program's that is called once would be gone already.
    for (const signal of ENDING_SIGNALS) process.prependListener(signal, this.#onSignal);
  }
}
