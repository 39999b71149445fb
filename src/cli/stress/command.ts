import type { StressArguments } from '../arguments.ts';
import { type Figures, isClean } from '../figures.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNanoseconds,
  formatShare,
} from '../format.ts';
import { machineLine } from '../machine.ts';
import { createProgress } from '../progress.ts';
import { type Chart, latenessChart, type Report } from '../report.ts';
import { claimResultOutput, writeResult } from '../result-output.ts';
import type { Table } from '../table.ts';
import type { StressSample } from './measurement.ts';
import { type StressOutcome, stress } from './stress.ts';

/** Runs `backbeat stress` and returns its exit code. */
export async function runStress(args: StressArguments): Promise<number> {
  const output = claimResultOutput(args);
  const progress = createProgress(process.stderr);
  try {
    const own = await stress('backbeat', args, progress);
    const peer = args.versusNode ? await stress('node', args, progress) : undefined;
    const figures = figuresOf(own);
    const content = peer ? { ...figures, peer: figuresOf(peer) } : figures;
    writeResult(output, content, describe(args, own, peer));
    return isClean(figures) ? 0 : 1;
  } finally {
    progress.end();
  }
}

function figuresOf(outcome: StressOutcome): Figures {
  const { armed, fired, lost, doubled, early, latenessMs, cpuNsPerActor, bytesPerActor } = outcome;
  return { armed, fired, lost, doubled, early, latenessMs, cpuNsPerActor, bytesPerActor };
}

interface LabelledOutcome {
  readonly label: string;
  readonly outcome: StressOutcome;
}

function describe(
  args: StressArguments,
  own: StressOutcome,
  peer: StressOutcome | undefined,
): Report {
  const outcomes: LabelledOutcome[] = [{ label: 'backbeat', outcome: own }];
  if (peer) outcomes.push({ label: 'setTimeout', outcome: peer });
  return {
    title: 'backbeat stress',
    subtitle: subtitle(args),
    table: figuresTable(outcomes),
    notes: notes(outcomes),
    charts: [
      latenessChart(outcomes.map(({ label, outcome }) => ({ label, bins: outcome.latenessBins }))),
      ...timeCharts(outcomes),
    ],
  };
}

function subtitle(args: StressArguments): string {
  const isolates = args.isolates === 1 ? '1 isolate' : `${args.isolates} isolates`;
  return [
    `${formatCount(args.actors)} actors (${formatShare(args.recurring)} recurring) over ${args.runMs / 1000} s`,
    `${isolates}, seed ${args.seed}`,
    machineLine(),
  ].join('; ');
}

function figuresTable(outcomes: readonly LabelledOutcome[]): Table {
  const row = (label: string, cell: (outcome: StressOutcome) => string) => ({
    label,
    cells: outcomes.map(({ outcome }) => cell(outcome)),
  });
  return {
    columns: outcomes.length === 1 ? [''] : outcomes.map(({ label }) => label),
    rows: [
      row('armed', ({ armed }) => formatCount(armed)),
      row('fired (runs)', ({ fired }) => formatCount(fired)),
      row('lost', ({ lost }) => formatCount(lost)),
      row('doubled', ({ doubled }) => formatCount(doubled)),
      row('early', ({ early }) => formatCount(early)),
      row('missed slots', ({ missed }) => formatCount(missed)),
      row('lateness p50', ({ latenessMs }) => formatDuration(latenessMs.p50)),
      row('lateness p99', ({ latenessMs }) => formatDuration(latenessMs.p99)),
      row('lateness p99.9', ({ latenessMs }) => formatDuration(latenessMs.p999)),
      row('lateness max', ({ latenessMs }) => formatDuration(latenessMs.max)),
      row('CPU per actor', ({ cpuNsPerActor }) => formatNanoseconds(cpuNsPerActor)),
      row('bytes per actor', ({ bytesPerActor }) => formatBytes(bytesPerActor)),
      row('longest loop pause while arming', ({ longestPauseMs }) =>
        formatDuration(longestPauseMs),
      ),
    ],
  };
}

function notes(outcomes: readonly LabelledOutcome[]): string[] {
  return outcomes.flatMap(({ label, outcome: { missed, early } }) => [
    ...(missed > 0
      ? [
          `${label}: ${formatCount(missed)} slots of recurring actors passed while the loop was busy and were skipped.`,
        ]
      : []),
    ...(early > 0
      ? [
          `${label}: the ${formatCount(early)} early runs stand as not late in the lateness figures.`,
        ]
      : []),
  ]);
}

const STEP_MS = 100;

function timeCharts(outcomes: readonly LabelledOutcome[]): Chart[] {
  const endMs = Math.max(...outcomes.map(({ outcome }) => outcome.samples.at(-1)?.atMs ?? 0));
  const steps = Array.from({ length: Math.ceil(endMs / STEP_MS) + 1 }, (_, step) => step * STEP_MS);
  const seconds = steps.map((atMs) => atMs / 1000);
  const pending = (sample: StressSample): number => sample.armed - sample.finished;
  const fired = (sample: StressSample): number => sample.fired;
  const series = (values: (samples: readonly StressSample[]) => (number | null)[]) =>
    outcomes.map(({ label, outcome }) => ({ label, values: values(outcome.samples) }));
  return [
    {
      title: 'Pending actors over time',
      kind: 'seconds',
      xLabel: 'time since the first arming (s)',
      yLabel: 'actors pending',
      x: seconds,
      series: series((samples) => steps.map((atMs) => valueAt(samples, atMs, pending))),
    },
    {
      title: 'Runs over time',
      kind: 'seconds',
      xLabel: 'time since the first arming (s)',
      yLabel: `runs per ${STEP_MS} ms`,
      x: seconds,
      series: series((samples) =>
        steps.map((atMs) => {
          const before = valueAt(samples, atMs - STEP_MS, fired);
          const after = valueAt(samples, atMs, fired);
          return before === null || after === null ? null : after - before;
        }),
      ),
    },
  ];
}

/** A sampled value at any moment, straight between the samples around it; null after the last. */
function valueAt(
  samples: readonly StressSample[],
  atMs: number,
  value: (sample: StressSample) => number,
): number | null {
  if (atMs <= 0) return 0;
  const index = samples.findIndex((sample) => sample.atMs >= atMs);
  const after = samples[index];
  if (after === undefined) return null;
  const before = samples[index - 1] ?? NOTHING_YET;
  const share = (atMs - before.atMs) / (after.atMs - before.atMs);
  return Math.round(value(before) + (value(after) - value(before)) * share);
}

const NOTHING_YET: StressSample = { atMs: 0, armed: 0, finished: 0, fired: 0 };
