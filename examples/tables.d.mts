/** Writes `count` tables of so many rows; returns their paths. */
export function writeTables(folder: string, count: number, rows: number): string[];
