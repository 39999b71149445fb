import type { LatenessBin, LatenessSummary } from '../lateness.ts';
import type { SharePlan, StressPlan } from './plan.ts';
import type { TimerKind } from './timers.ts';

/** What a measuring process is asked to do; its first message. */
export interface MeasurementOrder {
  /** `run` counts every run and its lateness, `memory` weighs the pending actors. */
  readonly measure: 'run' | 'memory';
  readonly timers: TimerKind;
  readonly plan: StressPlan;
}

/** What a measuring process says. */
export type MeasurementMessage =
  | { readonly type: 'sample'; readonly sample: StressSample }
  | { readonly type: 'run'; readonly result: RunResult }
  | { readonly type: 'memory'; readonly bytesPerActor: number }
  | { readonly type: 'failed'; readonly message: string };

/** The state of a run at one moment. */
export interface StressSample {
  /** Since the first arming. */
  readonly atMs: number;
  readonly armed: number;
  readonly finished: number;
  readonly fired: number;
}

/** All a run came to, except the memory. */
export interface RunResult {
  readonly armed: number;
  readonly fired: number;
  readonly lost: number;
  readonly doubled: number;
  readonly early: number;
  /** Slots of recurring actors that passed while the loop was busy. */
  readonly missed: number;
  /** The longest time between two turns of a loop while it armed. */
  readonly longestPauseMs: number;
  readonly latenessMs: LatenessSummary;
  readonly latenessBins: readonly LatenessBin[];
  readonly cpuNsPerActor: number;
}

/** What an isolate of a measuring process gets at its start. */
export interface IsolateOrder {
  readonly timers: TimerKind;
  readonly plan: SharePlan;
  readonly isolate: number;
  readonly counters: SharedArrayBuffer;
}
