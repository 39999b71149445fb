/** Takes the runs of results apart that threads of a fan-out report. */
import { type CodecMemory, codecMemory } from '../lane/codec-memory.ts';
import { decodeValue } from '../lane/value-codec.ts';
import type { ResultRun } from './range-report.ts';

/** Views of the pages that runs share. */
const pages = new WeakMap<ArrayBuffer, CodecMemory>();

/** How many ids a run is about. */
export function countOf(run: ResultRun): number {
  switch (run.is) {
    case 'numbers':
      return run.values.length;
    case 'nothing':
      return run.count;
    case 'encoded':
      return run.offsets.length;
    default:
      return 1;
  }
}

/** The results of a run, in order. A failed job has null. */
export function valuesOf(run: ResultRun): ArrayLike<unknown> {
  switch (run.is) {
    case 'numbers':
      return run.values;
    case 'nothing':
      return new Array(run.count).fill(undefined);
    case 'encoded': {
      const memory = pageOf(run.bytes);
      return run.offsets.map((offset) => decodeValue(memory, offset));
    }
    case 'value':
      return [run.value];
    case 'failure':
      return [null];
  }
}

function pageOf(bytes: ArrayBuffer): CodecMemory {
  let page = pages.get(bytes);
  if (page === undefined) {
    page = codecMemory(bytes);
    pages.set(bytes, page);
  }
  return page;
}
