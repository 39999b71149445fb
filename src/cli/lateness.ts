import { createHistogram, type Histogram, type RecordableHistogram } from 'node:perf_hooks';

/** Lateness of every callback of a run: how long after its deadline it ran, in milliseconds. */
export interface LatenessSummary {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** A bar of the lateness histogram: callbacks late by `fromMs` up to the next bin's `fromMs`. */
export interface LatenessBin {
  readonly fromMs: number;
  readonly count: number;
}

/** What one isolate recorded, in a form that `postMessage` carries. */
export interface LatenessSnapshot {
  readonly histogram: Histogram;
  readonly bins: Float64Array;
}

const NANOSECONDS_PER_MS = 1e6;
const HIGHEST_NS = 24 * 3600 * 1e9;
const BINS_PER_DOUBLING = 4;
const FIRST_BIN_MS = 0.001;
/** Enough bins to reach from a microsecond to over a minute; what is later falls into the last. */
const BIN_COUNT = 26 * BINS_PER_DOUBLING + 1;

/**
 * Collects lateness at about 50 ns a callback. The percentiles come from the HDR histogram of
 * Node (three digits); it does not give its buckets away, so the bars of the plot are counted
 * beside it.
 */
export class LatenessRecorder {
  readonly #histogram: RecordableHistogram = createHistogram({
    lowest: 1,
    highest: HIGHEST_NS,
    figures: 3,
  });
  readonly #bins: Float64Array = new Float64Array(BIN_COUNT);

  /** Records one callback; an early one counts as not late (the ledger counts it as early). */
  record(latenessMs: number): void {
    // The histogram holds whole numbers from 1 up, so 1 ns stands for "not late at all".
    const latenessNs = Math.min(
      Math.max(1, Math.round(latenessMs * NANOSECONDS_PER_MS)),
      HIGHEST_NS,
    );
    this.#histogram.record(latenessNs);
    const bin = binOf(latenessMs);
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
  }

  /** Adds what another isolate recorded. */
  merge(other: LatenessSnapshot): void {
    if (other.histogram.count > 0) this.#histogram.add(other.histogram as RecordableHistogram);
    for (const [bin, count] of other.bins.entries()) {
      this.#bins[bin] = (this.#bins[bin] ?? 0) + count;
    }
  }

  snapshot(): LatenessSnapshot {
    return { histogram: this.#histogram, bins: this.#bins };
  }

  /** Percentiles over everything recorded; all zero when nothing was. */
  summary(): LatenessSummary {
    if (this.#histogram.count === 0) return { p50: 0, p99: 0, p999: 0, max: 0 };
    const max = this.#histogram.max;
    // A bucket's upper edge can lie above the largest value in it.
    const at = (percentile: number): number =>
      toMs(Math.min(this.#histogram.percentile(percentile), max));
    return { p50: at(50), p99: at(99), p999: at(99.9), max: toMs(max) };
  }

  /** The bars that hold something, with the empty ones between them. */
  bins(): LatenessBin[] {
    const last = this.#bins.findLastIndex((count) => count > 0);
    return Array.from(this.#bins.subarray(0, last + 1), (count, bin) => ({
      fromMs: bin === 0 ? 0 : FIRST_BIN_MS * 2 ** ((bin - 1) / BINS_PER_DOUBLING),
      count,
    }));
  }
}

function binOf(latenessMs: number): number {
  if (latenessMs < FIRST_BIN_MS) return 0;
  const bin = 1 + Math.floor(Math.log2(latenessMs / FIRST_BIN_MS) * BINS_PER_DOUBLING);
  return Math.min(bin, BIN_COUNT - 1);
}

function toMs(latenessNs: number): number {
  return latenessNs <= 1 ? 0 : latenessNs / NANOSECONDS_PER_MS;
}
