/** A table of figures: one label and one cell per column in each row. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

/** One row: what is measured, then its value in each column. */
export interface TableRow {
  readonly label: string;
  readonly cells: readonly string[];
}

/** Lays a table out for a terminal, labels to the left and figures to the right. */
export function renderTable(table: Table): string {
  const labelWidth = Math.max(...table.rows.map((row) => row.label.length));
  const widths = table.columns.map((column, index) =>
    Math.max(column.length, ...table.rows.map((row) => row.cells[index]?.length ?? 0)),
  );
  const line = (label: string, cells: readonly string[]): string =>
    `  ${label.padEnd(labelWidth)}${widths
      .map((width, index) => `  ${(cells[index] ?? '').padStart(width)}`)
      .join('')}`.trimEnd();
  const head = table.columns.some((column) => column !== '') ? [line('', table.columns)] : [];
  return [...head, ...table.rows.map((row) => line(row.label, row.cells))].join('\n');
}
