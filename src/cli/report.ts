import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { LatenessBin } from './lateness.ts';
import { REPORT_SCRIPT, REPORT_STYLE } from './report-page.ts';
import type { Table } from './table.ts';

/** A page with a table and plots. */
export interface Report {
  readonly title: string;
  /** What was run, in one line. */
  readonly subtitle: string;
  readonly table: Table;
  readonly notes: readonly string[];
  readonly charts: readonly Chart[];
}

/** A plot; all series share the values of `x`. */
export interface Chart {
  readonly title: string;
  /** `seconds` and `utc` (seconds since 1970) are lines; `lateness` is bars over log10 of ms. */
  readonly kind: 'seconds' | 'utc' | 'lateness';
  /** With the unit. */
  readonly xLabel: string;
  readonly yLabel: string;
  readonly x: readonly number[];
  readonly series: readonly ChartSeries[];
}

/** One line or set of bars; null leaves a gap. */
export interface ChartSeries {
  readonly label: string;
  readonly values: readonly (number | null)[];
}

/** The whole page as one self-contained file: nothing is loaded from anywhere. */
export function renderReport(report: Report): string {
  const { title, subtitle, table, notes, charts } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${plotLibrary('uPlot.min.css')}</style>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(subtitle)}</p>
${htmlTable(table)}
${notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`).join('\n')}
${charts.map(htmlChart).join('\n')}
</main>
<script type="application/json" id="charts">${embeddedJson(charts)}</script>
<script>${plotLibrary('uPlot.iife.min.js')}</script>
<script>${REPORT_SCRIPT}</script>
</body>
</html>
`;
}

/** The lateness of one or more runs as a chart. */
export function latenessChart(
  runs: readonly { readonly label: string; readonly bins: readonly LatenessBin[] }[],
): Chart {
  const binCount = Math.max(LEAST_BINS, ...runs.map(({ bins }) => bins.length));
  const steps = Array.from({ length: binCount }, (_, bin) => bin);
  return {
    title: 'Lateness of the callbacks',
    kind: 'lateness',
    xLabel: 'lateness (logarithmic)',
    yLabel: 'callbacks (logarithmic)',
    x: steps.map((bin) => LOWEST_BIN_LOG + bin * BIN_LOG_WIDTH),
    series: runs.map(({ label, bins }) => ({
      label,
      values: steps.map((bin) => bins[bin]?.count || null),
    })),
  };
}

/** JSON that can stand in a script element: no `<` can end it or open a comment. */
export function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** Text that can stand between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Bins are a quarter of a doubling wide from 1 µs on; the first holds all below. */
const BIN_LOG_WIDTH: number = Math.log10(2) / 4;
const LOWEST_BIN_LOG: number = -3 - BIN_LOG_WIDTH;
/** Up to a millisecond at least, so that a run without lateness does not become one wide bar. */
const LEAST_BINS = 41;

function htmlTable(table: Table): string {
  const head = table.columns.map((column) => `<th scope="col">${escapeHtml(column)}</th>`).join('');
  const rows = table.rows.map(
    ({ label, cells }) =>
      `<tr><th scope="row">${escapeHtml(label)}</th>${cells
        .map((cell) => `<td>${escapeHtml(cell)}</td>`)
        .join('')}</tr>`,
  );
  return `<table>
<thead><tr><td></td>${head}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>`;
}

function htmlChart(chart: Chart): string {
  return `<section><h2>${escapeHtml(chart.title)}</h2><div class="chart"></div></section>`;
}

function plotLibrary(file: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${file}`), 'utf8');
}
