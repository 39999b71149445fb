import type { LatenessSummary } from './lateness.ts';

/** What a run of timed actors came to; the content of `stress --json`. */
export interface Figures {
  /** Actors started. */
  readonly armed: number;
  /** Callbacks run: one per one-shot actor, one per tick of a recurring one. */
  readonly fired: number;
  /** Runs that were due and never came. */
  readonly lost: number;
  /** Runs that came a second time. */
  readonly doubled: number;
  /** Runs before their deadline, by the clock that set it. */
  readonly early: number;
  readonly latenessMs: LatenessSummary;
  /** CPU time of all threads from the first arming to the last run, divided by `armed`. */
  readonly cpuNsPerActor: number;
  /** Growth of the resident memory with all actors pending, divided by their number. */
  readonly bytesPerActor: number;
}

/** What a replay came to; the content of `replay --json`. */
export interface ReplayFigures {
  readonly requests: number;
  readonly badLines: number;
  readonly clients: number;
  readonly visits: number;
  readonly lost: number;
  readonly doubled: number;
  readonly early: number;
  readonly latenessMs: LatenessSummary;
}

/**
 * Two doubles that name the same instant may differ by their rounding, because a delay goes
 * through seconds on its way. One nanosecond is above that and below anything a clock can tell.
 */
export const CLOCK_ROUNDING_MS = 1e-6;

/** Whether every run came exactly once and none before its time. */
export function isClean(figures: Pick<Figures, 'lost' | 'doubled' | 'early'>): boolean {
  return figures.lost === 0 && figures.doubled === 0 && figures.early === 0;
}
