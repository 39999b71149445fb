/** Turns the results of a suite into Markdown tables, and puts them between two marks of README. */
import { readFileSync, writeFileSync } from 'node:fs';
import { median, spread } from './measure/statistics.mjs';

const BUSY_OTHERS = 0.2;

/** Three significant digits, k and M above ten thousand. */
export function formatNumber(value) {
  if (value === undefined || value === null || !Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return `${Number(value.toPrecision(3))}`;
}

function formatSpread(values) {
  const found = spread(values);
  if (found === undefined) return '-';
  const [middle, low, high] = [found.median, found.min, found.max].map(formatNumber);
  return low === high ? middle : `${middle} (${low}..${high})`;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Each goal with its measured values; `met` is undefined when nothing was measured. */
export function judgeGoals(goals, groups) {
  return goals.map((goal) => {
    const values = goal.values(groups).filter(Number.isFinite);
    const found = spread(values);
    const decisive = goal.everyRound ? found?.max : found?.median;
    return {
      what: goal.note?.(groups) ? `${goal.what} (${goal.note(groups)})` : goal.what,
      reach: goal.reach,
      kind: goal.kind,
      values,
      met: decisive === undefined ? undefined : decisive <= goal.limit,
    };
  });
}

function verdictWord(met) {
  if (met === undefined) return 'not measured';
  return met ? 'met' : '**not met**';
}

/** @param measuredOnly leave out the goals that no run says anything about */
export function goalTable(goals, groups, measuredOnly = false) {
  const judged = judgeGoals(goals, groups).filter(({ met }) => !measuredOnly || met !== undefined);
  const rows = judged.map(({ what, reach, values, met }) => [
    what,
    reach,
    formatSpread(values),
    values.length,
    verdictWord(met),
  ]);
  return table(['what', 'reach', 'measured', 'rounds', ''], rows);
}

/** Cost above the floor of the same round, where the case has a floor. */
function withAboveFloor(peers) {
  const floor = new Map((peers.floor?.runs ?? []).map((run) => [run.round, run.totalCpuNs]));
  if (floor.size === 0) return peers;
  const above = (run) => ({ ...run, aboveFloorNs: run.totalCpuNs - floor.get(run.round) });
  return Object.fromEntries(
    Object.entries(peers).map(([name, peer]) => [name, { ...peer, runs: peer.runs.map(above) }]),
  );
}

/** The compared figure as a share of the base peer's in the same round. */
function againstBase(runs, baseByRound, compared) {
  return runs.map((run) => run[compared] / (baseByRound.get(run.round) ?? Number.NaN));
}

function peerRow(label, { runs, cannot, failures = [] }, { columns, compared, baseByRound }) {
  if (runs.length === 0) {
    const reason = cannot ?? failures[0]?.reason ?? 'not run';
    return [label, `cannot: ${reason}`, ...columns.map(() => ''), '', ''];
  }
  const others = median(runs.map((run) => run.othersLoad)) ?? 0;
  const share = `${Math.round(others * 100)}%${others > BUSY_OTHERS ? ' !' : ''}`;
  const failed = failures.length > 0 ? ` (${failures.length} failed: ${failures[0].reason})` : '';
  const cells = columns.map(({ key }) => formatSpread(runs.map((run) => run[key])));
  const ratio = formatSpread(againstBase(runs, baseByRound, compared));
  return [label, ratio, ...cells, `${runs.length}${failed}`, share];
}

function groupTable({ caseName, variant, peers }, { columns, compared }, { basePeer, labelOf }) {
  const baseByRound = new Map(peers[basePeer]?.runs.map((run) => [run.round, run[compared]]));
  const comparedLabel = columns.find(({ key }) => key === compared).label;
  const against = `${comparedLabel} / ${labelOf(basePeer, caseName)}`;
  const labels = columns.map(({ label }) => label);
  const head = ['peer', against, ...labels, 'rounds', "others' CPU"];
  const rows = Object.entries(withAboveFloor(peers)).map(([name, peer]) =>
    peerRow(labelOf(name, caseName), peer, { columns, compared, baseByRound }),
  );
  return `#### ${caseName} ${variant}\n\n${table(head, rows)}`;
}

function caseSection(caseName, caseModule, groups, suite) {
  const own = Object.values(groups).filter((group) => group.caseName === caseName);
  if (own.length === 0) return undefined;
  const tables = own.map((group) => groupTable(group, caseModule, suite));
  return [`### ${caseModule.title}`, ...tables].join('\n\n');
}

function machineLine({ machine, groups }) {
  const dates = Object.values(groups).map(({ date }) => date);
  const [first, last] = [dates.sort()[0], dates.at(-1)];
  const { cpu, cores, memoryGb, system, node } = machine;
  const when = first === last ? first : `${first} to ${last}`;
  return `Measured ${when} UTC on ${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}.`;
}

export function renderReport(suite, results) {
  const { cases, goals } = suite;
  const sections = Object.entries(cases).map(([name, module]) =>
    caseSection(name, module, results.groups, suite),
  );
  return [
    machineLine(results),
    results.quick ? '### Small sizes, a smoke test' : '### What it must reach',
    goalTable(goals, results.groups, results.quick),
    ...sections.filter((section) => section !== undefined),
  ].join('\n\n');
}

/** Replaces what stands between `<!-- name:begin -->` and `<!-- name:end -->`. */
export function writeBetweenMarks(path, name, text) {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const old = readFileSync(path, 'utf8');
  const from = old.indexOf(begin);
  const to = old.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${path}: the marks ${begin} and ${end} are missing`);
  writeFileSync(path, `${old.slice(0, from + begin.length)}\n\n${text}\n\n${old.slice(to)}`);
}
