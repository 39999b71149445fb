import { STANDARD_OUTPUT } from './arguments.ts';
import { claimOutput, isSameFile, type OutputFile, quote, saveOutput } from './output-file.ts';
import { type Report, renderReport } from './report.ts';
import { renderTable } from './table.ts';
import { UsageError } from './usage-error.ts';

/** Where a run's results go, checked before it starts. */
export interface ResultOutput {
  readonly json: OutputFile | undefined;
  readonly jsonToStdout: boolean;
  readonly report: OutputFile | undefined;
}

/** Claims the files that `--json` and `--report` name; none of them may be `input`. */
export function claimResultOutput(
  paths: { readonly json: string | undefined; readonly report: string | undefined },
  input?: string,
): ResultOutput {
  const jsonToStdout = paths.json === STANDARD_OUTPUT;
  const json =
    paths.json === undefined || jsonToStdout ? undefined : claimOutput('--json', paths.json);
  const report = paths.report === undefined ? undefined : claimOutput('--report', paths.report);
  if (json?.replaces && json.path === report?.path) {
    throw new UsageError(`--json and --report name one file, ${quote(json.path)}`);
  }
  for (const output of [json, report]) {
    if (output && input !== undefined && isSameFile(output.path, input)) {
      throw new UsageError(`${output.option}: ${quote(input)} is the log to be read`);
    }
  }
  return { json, jsonToStdout, report };
}

/** Writes the files, then prints the table, or the JSON when it goes to standard output. */
export function writeResult(output: ResultOutput, figures: unknown, report: Report): void {
  const json = `${JSON.stringify(figures, undefined, 2)}\n`;
  if (output.json) saveOutput(output.json, json);
  if (output.report) saveOutput(output.report, renderReport(report));
  if (output.jsonToStdout) process.stdout.write(json);
  else
    process.stdout.write(
      `${[report.subtitle, '', renderTable(report.table), ...noteLines(report)].join('\n')}\n`,
    );
}

function noteLines(report: Report): string[] {
  return report.notes.length === 0 ? [] : ['', ...report.notes];
}
