/**
 * What a program says of a package: named outcomes, one line each. An outcome must not depend on
 * the speed of the machine: orders, codes, counts, and "not before".
 */
import { performance } from 'node:perf_hooks';

const outcomes = [];

/** Notes what `action` gives or throws. */
export async function check(name, action) {
  let outcome;
  try {
    outcome = await action();
  } catch (error) {
    outcome = `${error.name} ${error.code ?? ''} ${error.message}`.replaceAll(/\s+/g, ' ');
  }
  outcomes.push({ name, outcome: JSON.stringify(outcome ?? null) });
}

/** Ends the program and prints what was noted, and whose timers it ran with. */
export function finish() {
  const isRegistered = globalThis.setTimeout[Symbol.for('backbeat.register')] === true;
  process.stdout.write(`${JSON.stringify({ isRegistered, outcomes })}\n`, () => process.exit(0));
}

/** Milliseconds since `startMs` are at least this many. Node's timers may be 1 ms early. */
export function notBefore(startMs, delayMs) {
  return performance.now() - startMs >= delayMs - 1;
}

/** Waits for something to become true. */
export async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

export const sleep = (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs));

/** Resolves with the arguments of the next event. */
export const next = (emitter, event) =>
  new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

export const now = () => performance.now();
