/** What one isolate of a stress run arms. */
export interface SharePlan {
  readonly actors: number;
  /** Share of recurring actors, 0 to 1. */
  readonly recurring: number;
  /** Delays and ticks are spread over this time after each arming. */
  readonly runMs: number;
  readonly seed: number;
}

/** A whole stress run. */
export interface StressPlan extends SharePlan {
  readonly isolates: number;
}

/** Recurring actors tick about once a second, or twice in a run shorter than two seconds. */
const TYPICAL_INTERVAL_MS = 1000;
/** Keeps the random sequences of the isolates apart (the golden ratio in 32 bits). */
const SEED_STEP = 0x9e3779b9;

/** Splits a run into the shares of its isolates, as even as whole actors allow. */
export function splitPlan(plan: StressPlan): SharePlan[] {
  const { actors, recurring, runMs, isolates, seed } = plan;
  return Array.from({ length: isolates }, (_, isolate) => ({
    actors:
      Math.floor((actors * (isolate + 1)) / isolates) - Math.floor((actors * isolate) / isolates),
    recurring,
    runMs,
    seed: (seed + isolate * SEED_STEP) >>> 0,
  }));
}

/** Whether an actor recurs: the recurring ones are spread evenly between the others. */
export function isRecurring(actor: number, share: number): boolean {
  return recurringBefore(actor + 1, share) > recurringBefore(actor, share);
}

/** How many of the first `actors` recur; the number of a recurring actor among its kind. */
export function recurringBefore(actors: number, share: number): number {
  return Math.floor(actors * share);
}

/** A one-shot delay: whole milliseconds, because Node's timers know no smaller step. */
export function drawDelayMs(random: () => number, runMs: number): number {
  return 1 + Math.floor(random() * runMs);
}

/** An interval from half to one and a half of the typical one, which spreads the phases. */
export function drawIntervalMs(random: () => number, runMs: number): number {
  const typicalMs = Math.min(TYPICAL_INTERVAL_MS, runMs / 2);
  return Math.max(1, Math.round(typicalMs * (0.5 + random())));
}

/** The ticks of a recurring actor within the run, at least one. */
export function slotsWithin(runMs: number, intervalMs: number): number {
  return Math.max(1, Math.floor(runMs / intervalMs));
}

/** Uniform numbers in [0, 1), the same ones for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
