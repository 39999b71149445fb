import test from 'ava';
import { embeddedJson, latenessChart, type Report, renderReport } from '../src/cli/report.ts';
import { renderTable } from '../src/cli/table.ts';

const REPORT: Report = {
  title: 'a <title>',
  subtitle: '1 & 2',
  table: { columns: ['ours', 'theirs'], rows: [{ label: 'fired', cells: ['1,000', '7'] }] },
  notes: ['bad line 3: "</script><b>"'],
  charts: [
    {
      title: 'Pending',
      kind: 'seconds',
      xLabel: 'time (s)',
      yLabel: 'actors',
      x: [0, 1],
      series: [{ label: '</script>', values: [1, null] }],
    },
  ],
};

test('a report loads nothing from elsewhere', (t) => {
  const page = renderReport(REPORT);
  t.notRegex(page, /<(?:link|img|iframe)\b|<script[^>]*\bsrc=|@import|url\(/);
  t.true(page.includes('uPlot'));
});

test('text in a report is escaped', (t) => {
  const page = renderReport(REPORT);
  t.true(page.includes('<h1>a &lt;title&gt;</h1>'));
  t.true(page.includes('1 &amp; 2'));
  t.false(page.includes('<b>'));
});

test('data cannot end the script element it stands in', (t) => {
  const page = renderReport(REPORT);
  t.is(page.split('</script>').length, 4);
  t.deepEqual(JSON.parse(embeddedJson(REPORT.charts)), REPORT.charts);
});

test('the table of a report has its rows and columns', (t) => {
  const page = renderReport(REPORT);
  t.true(page.includes('<th scope="row">fired</th><td>1,000</td><td>7</td>'));
  t.true(page.includes('<th scope="col">theirs</th>'));
});

test('bars of several runs share one axis, and empty ones are gaps', (t) => {
  const chart = latenessChart([
    { label: 'ours', bins: [{ fromMs: 0, count: 3 }] },
    {
      label: 'theirs',
      bins: [
        { fromMs: 0, count: 0 },
        { fromMs: 0.001, count: 5 },
      ],
    },
  ]);
  t.deepEqual(
    chart.series.map(({ values }) => values.slice(0, 2)),
    [
      [3, null],
      [null, 5],
    ],
  );
  t.true(chart.series.every(({ values }) => values.length === chart.x.length));
  t.is(chart.x[1], -3);
});

test('a table lines its figures up to the right', (t) => {
  t.is(renderTable(REPORT.table), '          ours  theirs\n  fired  1,000       7');
});

test('a table without column names has no head', (t) => {
  t.is(renderTable({ columns: [''], rows: [{ label: 'lost', cells: ['0'] }] }), '  lost  0');
});
