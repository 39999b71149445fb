/** How idle threads are thinned out, see `BackgroundWorkerPool.setJobBalance`. */
import { InvalidArgumentError } from './errors.ts';
import { laneClient } from './lane/lane-client.ts';
import { threadSettings } from './lane/thread-settings.ts';

/** See the head of the file. */
export class JobBalance {
  #target = 3;
  #latency = 1000;
  #reduceFactor = 2;
  #requests = 0;

  change(target: number, latency: number, reduceFactor: number): void {
    if (!(target >= 0)) throw new InvalidArgumentError('balanceTarget', target, 'zero or more');
    if (!Number.isInteger(latency) || latency < 0) {
      throw new InvalidArgumentError('balanceLatency', latency, 'a whole number, 0 for never');
    }
    if (!(reduceFactor >= 1)) {
      throw new InvalidArgumentError('balanceReduceFactor', reduceFactor, 'at least 1');
    }
    this.#target = target;
    this.#latency = latency;
    this.#reduceFactor = reduceFactor;
    this.#requests = 0;
  }

  /** A job is about to be submitted. The thread that it takes counts neither as idle nor as busy. */
  noteRequest(): void {
    if (this.#latency === 0 || ++this.#requests < this.#latency) return;
    this.#requests = 0;
    const client = laneClient();
    const { all, idle } = client.lanes;
    const others = Math.max(0, idle - 1);
    // With nothing busy the ratio is that to one.
    if (others / Math.max(1, all - idle) <= this.#target) return;
    const excess = Math.floor(others / this.#reduceFactor);
    client.native.retire(excess, threadSettings.minThreads, 0);
  }
}

/** The balance of this isolate. */
export const jobBalance: JobBalance = new JobBalance();
