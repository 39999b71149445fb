import type { Logger } from '../pool-log.ts';

/** What is told of a manager of procedures when the process ends before them. */
export interface BusyManager {
  readonly logger: Logger;
  /** Procedures that are running. */
  readonly runningThreads: number;
  /** Procedures that wait for a thread. */
  readonly waitingProcs: number;
}

/** Managers with procedures that have not ended: they are warned of when the process ends. */
export class BusyManagers {
  readonly #managers = new Set<BusyManager>();

  /** It has procedures. */
  add(manager: BusyManager): void {
    if (this.#managers.size === 0) process.on('exit', this.#onExit);
    this.#managers.add(manager);
  }

  /** It has none any more. */
  delete(manager: BusyManager): void {
    this.#managers.delete(manager);
    if (this.#managers.size === 0) process.off('exit', this.#onExit);
  }

  readonly #onExit = (): void => {
    for (const { logger, runningThreads, waitingProcs } of this.#managers) {
      const lost = `${runningThreads} running and ${waitingProcs} waiting procedures`;
      logger('WARNING', `The process ends before its procedures: ${lost} are lost.`);
    }
  };
}
