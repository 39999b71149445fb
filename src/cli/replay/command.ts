import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { ReplayArguments } from '../arguments.ts';
import { isClean } from '../figures.ts';
import { formatCount, formatDuration } from '../format.ts';
import { machineLine } from '../machine.ts';
import { fileProblem, quote } from '../output-file.ts';
import { createProgress } from '../progress.ts';
import { latenessChart, type Report } from '../report.ts';
import { claimResultOutput, writeResult } from '../result-output.ts';
import { UsageError } from '../usage-error.ts';
import { type AccessLog, readAccessLog } from './access-log.ts';
import { type ReplayRun, replay } from './replay.ts';

/** Runs `backbeat replay` and returns its exit code. */
export async function runReplay(args: ReplayArguments): Promise<number> {
  checkLog(args.log);
  const output = claimResultOutput(args, args.log);
  const log = await readLog(args.log);
  const progress = createProgress(process.stderr);
  try {
    const run = await replay(log, args, progress);
    writeResult(output, run.figures, describe(args, log, run));
    return isClean(run.figures) ? 0 : 1;
  } finally {
    progress.end();
  }
}

function checkLog(path: string): void {
  let problem: string | undefined;
  try {
    if (statSync(path).isDirectory()) problem = 'it is a folder';
  } catch (error) {
    problem = fileProblem(error);
  }
  if (problem !== undefined) throw new UsageError(`cannot read ${quote(path)}: ${problem}`);
}

async function readLog(path: string): Promise<AccessLog> {
  let log: AccessLog;
  try {
    log = await readAccessLog(path);
  } catch (error) {
    throw new UsageError(`cannot read ${quote(path)}: ${fileProblem(error)}`);
  }
  if (log.clients.length > 0) return log;
  const found =
    log.badLines === 0 ? 'it is empty' : `no request in ${formatCount(log.badLines)} lines`;
  throw new UsageError(`${quote(path)} is not an Apache access log: ${found}`);
}

function describe(args: ReplayArguments, log: AccessLog, run: ReplayRun): Report {
  const firstSeconds = log.timesSeconds[0] ?? 0;
  return {
    title: 'backbeat replay',
    subtitle: subtitle(args),
    table: {
      columns: [''],
      rows: figureRows(run).map(([label, cell]) => ({ label, cells: [cell] })),
    },
    notes: notes(log, run),
    charts: [
      {
        title: 'Active clients over log time',
        kind: 'utc',
        xLabel: 'log time (UTC)',
        yLabel: 'active clients',
        x: run.activity.atSeconds.map((seconds) => firstSeconds + seconds),
        series: [{ label: 'active clients', values: run.activity.active }],
      },
      latenessChart([{ label: 'callbacks', bins: run.latenessBins }]),
    ],
  };
}

function subtitle(args: ReplayArguments): string {
  const copies = args.copies === 1 ? '' : ` as ${formatCount(args.copies)} sites`;
  const pace = args.virtual
    ? 'on the manual clock'
    : `at ${formatCount(args.speed)} times its speed`;
  return `${basename(args.log)}${copies}, idle time ${idleText(args.idleMs)}, ${pace}; ${machineLine()}`;
}

/** The idle time in the largest unit that leaves no fraction. */
function idleText(idleMs: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const;
  const unit = units.find(([, lengthMs]) => idleMs % lengthMs === 0);
  return unit ? `${idleMs / unit[1]} ${unit[0]}` : `${idleMs} ms`;
}

function figureRows(run: ReplayRun): [label: string, cell: string][] {
  const { figures } = run;
  return [
    ['requests', formatCount(figures.requests)],
    ['bad lines', formatCount(figures.badLines)],
    ['clients', formatCount(figures.clients)],
    ['visits', formatCount(figures.visits)],
    ['lost', formatCount(figures.lost)],
    ['doubled', formatCount(figures.doubled)],
    ['early', formatCount(figures.early)],
    ['lateness p50', formatDuration(figures.latenessMs.p50)],
    ['lateness p99', formatDuration(figures.latenessMs.p99)],
    ['lateness p99.9', formatDuration(figures.latenessMs.p999)],
    ['lateness max', formatDuration(figures.latenessMs.max)],
    ['peak active clients', formatCount(run.peakActive)],
    ['wall time', formatDuration(run.wallMs)],
    ['CPU per request', formatDuration(run.cpuMs / figures.requests)],
  ];
}

function notes(log: AccessLog, run: ReplayRun): string[] {
  const notes: string[] = [];
  if (run.overtaken > 0) {
    notes.push(
      `${formatCount(run.overtaken)} time-outs ran after the next request of their client, because the loop was late; their visits are counted by their deadlines.`,
    );
  }
  for (const { lineNumber, text } of log.badSamples) {
    notes.push(`bad line ${formatCount(lineNumber)}: ${quote(text)}`);
  }
  const more = log.badLines - log.badSamples.length;
  if (more > 0) notes.push(`and ${formatCount(more)} more bad lines`);
  return notes;
}
