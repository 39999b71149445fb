/** Memory of this process after a full collection. */
import { setTimeout as sleep } from 'node:timers/promises';

const SETTLE_MS = 150;

function collectGarbage() {
  if (typeof globalThis.gc !== 'function') throw new Error('start node with --expose-gc');
  globalThis.gc();
}

/** Bytes resident, on the JavaScript heap, and in ArrayBuffers, when the collector has nothing left to do. */
export async function settledMemory() {
  collectGarbage();
  await sleep(SETTLE_MS);
  collectGarbage();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss, heap: heapUsed, arrayBuffers };
}

/** The most bytes that were ever resident. */
export function peakResidentBytes() {
  return process.resourceUsage().maxRSS * 1024;
}
