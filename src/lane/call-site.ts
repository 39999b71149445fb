/**
 * Where a job was submitted. To read the stack takes longer than many a job, so it is read at most
 * once a millisecond: a program that submits now and then has all its call sites, one that floods
 * the threads has some.
 */
import { performance } from 'node:perf_hooks';

/** Holds the stack, which is put into words only when somebody reads it. */
export interface CallSite {
  readonly stack?: string;
}

const PAUSE_MS = 1;
const readClock = performance.now.bind(performance);
let nextMs = 0;

/**
 * The present call site, or undefined when the last one was taken just now.
 *
 * @param above - The function of ours that the program has called: it and what it calls is left out.
 */
export function takeCallSite(above: (...args: never[]) => unknown): CallSite | undefined {
  const nowMs = readClock();
  if (nowMs < nextMs) return undefined;
  nextMs = nowMs + PAUSE_MS;
  const site = {};
  Error.captureStackTrace(site, above);
  return site;
}
