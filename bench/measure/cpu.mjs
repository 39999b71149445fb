/** CPU time of this process (all threads), of its main thread, and of everybody else's processes. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';

const MAIN_THREAD_STAT = `/proc/self/task/${process.pid}/schedstat`;
const TICK_MS = 10;
const idleCell = new Int32Array(new SharedArrayBuffer(4));

/** CPU nanoseconds of all threads of this process. */
export function processCpuNs() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/**
 * CPU nanoseconds of the main thread; NaN where the system does not tell.
 * The kernel brings the figure up to date when a thread leaves the processor, so leave it for a
 * moment first: otherwise the figure lags by up to a scheduler tick.
 */
export function mainThreadCpuNs() {
  if (typeof process.threadCpuUsage === 'function') {
    const { user, system } = process.threadCpuUsage();
    return (user + system) * 1000;
  }
  Atomics.wait(idleCell, 0, 0, 0.05);
  try {
    const [onCpuNs] = readFileSync(MAIN_THREAD_STAT, 'utf8').split(' ', 1);
    return Number(onCpuNs);
  } catch {
    return Number.NaN;
  }
}

/** One reading of the three clocks; `since(earlier)` gives the differences. */
export class CpuReading {
  constructor() {
    this.mainNs = mainThreadCpuNs();
    this.allNs = processCpuNs();
    this.wallMs = performance.now();
  }

  since(earlier) {
    return {
      cpuNs: this.allNs - earlier.allNs,
      mainCpuNs: this.mainNs - earlier.mainNs,
      wallMs: this.wallMs - earlier.wallMs,
    };
  }
}

function machineBusyMs() {
  try {
    const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0];
    const [, user, nice, system, , , irq, softirq, steal] = line.split(/\s+/).map(Number);
    return (user + nice + system + irq + softirq + steal) * TICK_MS;
  } catch {
    return Number.NaN;
  }
}

/** Share of all cores (0..1) that other processes use between `start()` and `share()`. */
export class OthersLoad {
  static start() {
    return new OthersLoad();
  }

  constructor() {
    this.busyMs = machineBusyMs();
    this.ownNs = processCpuNs();
    this.wallMs = performance.now();
  }

  share() {
    const wallMs = performance.now() - this.wallMs;
    const ownMs = (processCpuNs() - this.ownNs) / 1e6;
    const othersMs = machineBusyMs() - this.busyMs - ownMs;
    return Math.max(0, othersMs / (wallMs * cpus().length));
  }
}
