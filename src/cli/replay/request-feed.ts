import type { AccessLog } from './access-log.ts';

/** One request of one site, on the replay's time line. */
export interface FedRequest {
  /** Number among all requests of all sites. */
  readonly request: number;
  readonly deadlineMs: number;
}

/** How log time becomes the scheduler's time. */
export interface TimeLine {
  /** The scheduler's instant of the first request. */
  readonly originMs: number;
  readonly msPerLogSecond: number;
}

/** The sites are spread over this much log time, so that their requests do not coincide. */
const PHASE_SPAN_SECONDS = 3600;

/**
 * The requests of K sites that replay one log, each shifted by its own phase. Only the log itself
 * and a position per site are kept: a request of a site is the number `site * rows + row`.
 */
export class RequestFeed {
  /** Requests of all sites. */
  readonly total: number;
  /** Clients of all sites; every site has its own. */
  readonly clientCount: number;
  /** Log seconds from the first request of the first site to the last of the last. */
  readonly spanSeconds: number;

  readonly #log: AccessLog;
  readonly #rows: number;
  readonly #firstSeconds: number;
  readonly #phaseSeconds: number;
  readonly #positions: Uint32Array;
  readonly #timeLine: TimeLine;
  #fed = 0;

  constructor(log: AccessLog, copies: number, timeLine: TimeLine) {
    this.#log = log;
    this.#timeLine = timeLine;
    this.#rows = log.clients.length;
    this.#positions = new Uint32Array(copies);
    this.#phaseSeconds = PHASE_SPAN_SECONDS / copies;
    this.#firstSeconds = log.timesSeconds[0] ?? 0;
    this.total = this.#rows * copies;
    this.clientCount = log.clientCount * copies;
    const logSeconds = (log.timesSeconds[this.#rows - 1] ?? 0) - this.#firstSeconds;
    this.spanSeconds = logSeconds + (copies - 1) * this.#phaseSeconds;
  }

  /** Whether every request was handed out. */
  get isDry(): boolean {
    return this.#fed === this.total;
  }

  /** Hands out the requests before `horizonSeconds` (since the first one) not handed out yet. */
  feed(horizonSeconds: number, take: (request: number, deadlineMs: number) => void): void {
    for (let site = 0; site < this.#positions.length; site += 1) {
      const phaseSeconds = site * this.#phaseSeconds;
      let row = this.#positions[site] as number;
      while (row < this.#rows && this.#rowSeconds(row) + phaseSeconds < horizonSeconds) {
        const request = site * this.#rows + row;
        take(request, this.deadlineMs(request));
        row += 1;
      }
      this.#fed += row - (this.#positions[site] as number);
      this.#positions[site] = row;
    }
  }

  /** The scheduler's instant of a request. */
  deadlineMs(request: number): number {
    return this.instantMs(this.secondsOf(request));
  }

  /** Log seconds of a request since the first one. */
  secondsOf(request: number): number {
    const site = Math.floor(request / this.#rows);
    return this.#rowSeconds(request % this.#rows) + site * this.#phaseSeconds;
  }

  /** The client of a request. */
  clientOf(request: number): number {
    const site = Math.floor(request / this.#rows);
    return site * this.#log.clientCount + (this.#log.clients[request % this.#rows] as number);
  }

  /** The scheduler's instant of a number of log seconds since the first request. */
  instantMs(seconds: number): number {
    return this.#timeLine.originMs + seconds * this.#timeLine.msPerLogSecond;
  }

  /** The inverse of {@link instantMs}. */
  secondsAt(instantMs: number): number {
    return (instantMs - this.#timeLine.originMs) / this.#timeLine.msPerLogSecond;
  }

  #rowSeconds(row: number): number {
    return (this.#log.timesSeconds[row] as number) - this.#firstSeconds;
  }
}
