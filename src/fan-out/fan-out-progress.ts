/** Tells how far a fan-out is: to its caller, on a terminal, and in its log. */
import { createRequire } from 'node:module';
import type CliProgress from 'cli-progress';
import type { JobProgress, ParalleliseSettings } from './parallelise-options.ts';
import type { ResultRun } from './range-report.ts';
import { countOf } from './result-reader.ts';

/** The log tells of each job whose number is one more than a multiple of this. */
const LOGGED_JOBS = 1000;

const requireFromHere = createRequire(import.meta.url);

/** See the head of the file. */
export class FanOutProgress {
  readonly #settings: ParalleliseSettings;
  readonly #total: number;
  #done = 0;
  #failed = 0;
  #nextLogged = 0;
  #bar: CliProgress.SingleBar | undefined;

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
    this.#bar?.update(this.#done);
    this.#settings.onProgress?.(this.#current());
  }

  /** Gives the terminal back. */
  end(): void {
    this.#bar?.stop();
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
    const options = { format, stream: process.stderr, hideCursor: true, fps: 10 };
    this.#bar = new SingleBar(options, Presets.shades_classic);
    this.#bar.start(this.#total, 0);
  }
}
