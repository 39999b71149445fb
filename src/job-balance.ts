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

  /** A job was requested. */
  noteRequest(): void {
    if (this.#latency === 0 || ++this.#requests < this.#latency) return;
    this.#requests = 0;
    const client = laneClient();
    const { all, idle } = client.lanes;
    // With nothing busy the ratio is that to one: the job that was just requested.
    const ratio = idle / Math.max(1, all - idle);
    if (ratio <= this.#target) return;
    const excess = Math.floor(idle / this.#reduceFactor);
    client.native.retire(excess, threadSettings.minThreads, 0);
  }
}

/** The balance of this isolate. */
export const jobBalance: JobBalance = new JobBalance();
