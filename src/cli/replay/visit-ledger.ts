import { CLOCK_ROUNDING_MS } from '../figures.ts';

/** What a request meant for its client's visit. */
export interface VisitStep {
  /** The visit the request belongs to. */
  readonly visit: number;
  /** Whether the request opened it. */
  readonly opened: boolean;
}

/** What an idle timer meant for its visit. */
export type VisitEnd = 'ended' | 'early' | 'doubled';

/**
 * Books the visits of a replay: requests open and extend them, idle timers end them. Every instant
 * is the one the log gives (scheduled), never the one at which a callback happened to run, so the
 * visits are exact however late the loop is.
 */
export class VisitLedger {
  /** Visits opened so far. */
  visits = 0;
  /** Visits that were ended at least once. */
  ended = 0;
  /** Clients with an open visit now, and the most there were at one time. */
  active = 0;
  peakActive = 0;
  /** Visits whose idle timer was still to run when the client's next request ran. */
  overtaken = 0;
  /** Idle timers that ran before the instant they were last set to. */
  early = 0;
  /** Idle timers that ran again for a visit already ended. */
  doubled = 0;

  readonly #idleMs: number;
  readonly #openVisit: Int32Array;
  #clientOf: Uint32Array = new Uint32Array(1024);
  #endsAtMs: Float64Array = new Float64Array(1024);
  #isEnded: Uint8Array = new Uint8Array(1024);

  /** `idleMs` and all instants are on one time line, whatever its unit of log time. */
  constructor(clientCount: number, idleMs: number) {
    this.#idleMs = idleMs;
    this.#openVisit = new Int32Array(clientCount).fill(NO_VISIT);
  }

  /** Books a request; requests of one client must come in time order. */
  request(client: number, instantMs: number): VisitStep {
    const open = this.#openVisit[client] as number;
    if (open !== NO_VISIT && instantMs <= this.endsAtMs(open)) {
      this.#endsAtMs[open] = instantMs + this.#idleMs;
      return { visit: open, opened: false };
    }
    if (open === NO_VISIT) {
      this.active += 1;
      this.peakActive = Math.max(this.peakActive, this.active);
    } else {
      // The loop was late: the time-out lies before this request and its callback is on the way.
      this.overtaken += 1;
    }
    return { visit: this.#open(client, instantMs), opened: true };
  }

  /** Books an idle timer that ran at `nowMs`. */
  timeout(visit: number, nowMs: number): VisitEnd {
    if (this.#isEnded[visit] === 1) {
      this.doubled += 1;
      return 'doubled';
    }
    this.#isEnded[visit] = 1;
    this.ended += 1;
    if (this.isOpen(visit)) {
      this.#openVisit[this.clientOf(visit)] = NO_VISIT;
      this.active -= 1;
    }
    if (nowMs + CLOCK_ROUNDING_MS >= this.endsAtMs(visit)) return 'ended';
    this.early += 1;
    return 'early';
  }

  /** When the visit ends unless another request comes before. */
  endsAtMs(visit: number): number {
    return this.#endsAtMs[visit] as number;
  }

  clientOf(visit: number): number {
    return this.#clientOf[visit] as number;
  }

  /** Whether the visit is the one its client's next request may extend. */
  isOpen(visit: number): boolean {
    return this.#openVisit[this.clientOf(visit)] === visit;
  }

  #open(client: number, instantMs: number): number {
    const visit = this.visits;
    if (visit === this.#isEnded.length) this.#grow();
    this.visits += 1;
    this.#openVisit[client] = visit;
    this.#clientOf[visit] = client;
    this.#endsAtMs[visit] = instantMs + this.#idleMs;
    return visit;
  }

  #grow(): void {
    const capacity = this.#isEnded.length * 2;
    const clientOf = new Uint32Array(capacity);
    clientOf.set(this.#clientOf);
    this.#clientOf = clientOf;
    const endsAtMs = new Float64Array(capacity);
    endsAtMs.set(this.#endsAtMs);
    this.#endsAtMs = endsAtMs;
    const isEnded = new Uint8Array(capacity);
    isEnded.set(this.#isEnded);
    this.#isEnded = isEnded;
  }
}

const NO_VISIT = -1;
