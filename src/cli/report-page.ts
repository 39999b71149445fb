/** The look of a report; follows the reader's light or dark setting. */
export const REPORT_STYLE = `
:root {
  --ground: #ffffff; --text: #1d2430; --faint: #5d6778; --line: #dfe3ea; --panel: #f6f7f9;
  --series-1: #1f6feb; --series-2: #d1651b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181f; --text: #e4e8ee; --faint: #9aa5b5; --line: #2f3744; --panel: #1b212a;
    --series-1: #6aa8ff; --series-2: #f0a060;
  }
}
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 24px 20px 48px; }
h1 { font-size: 24px; margin: 0; }
h1 + p { margin: 4px 0 20px; color: var(--faint); }
h2 { font-size: 16px; margin: 0 0 8px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 24px 4px 0; border-bottom: 1px solid var(--line); text-align: left; font-weight: normal; }
td, thead th { text-align: right; padding: 4px 0 4px 24px; }
thead th { font-weight: 600; }
thead:not(:has(th:not(:empty))) { display: none; }
tbody th { color: var(--faint); }
.note { margin: 8px 0 0; color: var(--faint); font-size: 13px; max-width: 70ch; }
section { margin-top: 24px; padding: 16px; border: 1px solid var(--line); border-radius: 8px; background: var(--panel); }
.chart { width: 100%; min-width: 0; }
.uplot, .uplot .u-legend { font-family: inherit; }
.u-legend { color: var(--text); font-size: 13px; }
.u-select { background: color-mix(in srgb, var(--text) 12%, transparent); }
.u-hz .u-cursor-x, .u-vt .u-cursor-y, .u-vt .u-cursor-x, .u-hz .u-cursor-y { border-color: var(--faint); }
`;

/**
 * Draws the charts of the page with uPlot. Runs in the browser, so it is text here; it may use
 * nothing but the \`uPlot\` global and the JSON of the page.
 */
export const REPORT_SCRIPT = `
'use strict';
(() => {
  const charts = JSON.parse(document.getElementById('charts').textContent);
  const places = [...document.querySelectorAll('.chart')];
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const count = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
  const exact = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

  const duration = (exponent) => {
    const ms = 10 ** exponent;
    const round = (value) => String(Number(value.toPrecision(3)));
    if (ms < 0.9995) return round(ms * 1000) + ' µs';
    return ms < 999.5 ? round(ms) + ' ms' : round(ms / 1000) + ' s';
  };
  const utc = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');

  const readings = {
    seconds: (u, value) => (value == null ? '--' : exact.format(value) + ' s'),
    utc: (u, value) => (value == null ? '--' : utc(value)),
    lateness: (u, value) =>
      value == null ? '--' : value < -3 ? 'below 1 µs' : 'from ' + duration(value),
  };

  const axis = (label, extra) => ({
    label, stroke: color('--text'), labelFont: '13px system-ui, sans-serif',
    font: '12px system-ui, sans-serif', grid: { stroke: color('--line'), width: 1 },
    ticks: { stroke: color('--line'), width: 1 }, ...extra,
  });

  const wholeNumbers = (from, to) =>
    Array.from({ length: Math.floor(to) - Math.ceil(from) + 1 }, (_, at) => Math.ceil(from) + at);
  const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const timeOfDay = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 16);
  const dayOf = (seconds) => day.format(new Date(seconds * 1000));

  const xAxis = (chart) => axis(chart.xLabel, {
    seconds: {},
    utc: {
      size: 58,
      // The date stands where it changes, under the time.
      values: (u, splits) => splits.map((at, index) =>
        timeOfDay(at) + (index === 0 || dayOf(at) !== dayOf(splits[index - 1]) ? '\\n' + dayOf(at) : '')),
    },
    lateness: {
      splits: (u, index, min, max) => wholeNumbers(min, max),
      values: (u, splits) => splits.map(duration),
    },
  }[chart.kind]);

  const yAxis = (chart) => axis(chart.yLabel, {
    size: 64,
    values: (u, splits) => splits.map((value) => (value == null ? '' : count.format(value))),
    ...(chart.kind === 'lateness'
      ? { splits: (u, index, min, max) =>
          wholeNumbers(Math.log10(min), Math.log10(max)).map((power) => 10 ** power) }
      : {}),
  });

  const scales = (chart) => chart.kind === 'lateness' ? {
    x: { time: false, range: (u, min, max) => [-3.2, Math.max(0, Math.ceil(max + 0.08))] },
    // Half a callback at the foot, so that a bar of a single one can be seen.
    y: { distr: 3, range: (u, min, max) => [0.5, 10 ** Math.ceil(Math.log10((max || 1) + 1))] },
  } : {
    x: { time: chart.kind === 'utc' },
    y: { range: (u, min, max) => [0, Math.max(1, max * 1.05)] },
  };

  const series = (chart) => chart.series.map(({ label }, index) => {
    const stroke = color('--series-' + (index + 1));
    return {
      label, stroke, fill: stroke + (chart.kind === 'lateness' ? '66' : '1f'), width: 1.5,
      points: { show: false },
      value: (u, value) => (value == null ? '--' : exact.format(value)),
      ...(chart.kind === 'lateness' ? { paths: uPlot.paths.bars({ size: [1, 100], align: 1 }) } : {}),
    };
  });

  const draw = () => {
    places.forEach((place, index) => {
      const chart = charts[index];
      place.replaceChildren();
      const plot = new uPlot({
        width: place.clientWidth, height: 300,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
        scales: scales(chart), axes: [xAxis(chart), yAxis(chart)],
        series: [{ label: chart.kind === 'utc' ? 'UTC' : 'at', value: readings[chart.kind] }, ...series(chart)],
      }, [chart.x, ...chart.series.map(({ values }) => values)], place);
      place.plot = plot;
    });
  };

  draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  addEventListener('resize', () => {
    for (const place of places) place.plot.setSize({ width: place.clientWidth, height: 300 });
  });
})();
`;
