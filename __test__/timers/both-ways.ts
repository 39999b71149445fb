/** Runs a program with Node's timers and with ours. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The built module, as users load it: no compiler stands between it and Node. */
export const REGISTER: string = new URL('../../dist/timers/register.js', import.meta.url).href;

const TIME_LIMIT_MS = 30_000;

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number | null;
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs JavaScript with these flags; one that hangs is ended, with code null. */
export async function runProgram(
  source: string,
  flags: readonly string[] = [],
  extension: 'mjs' | 'cjs' = 'mjs',
): Promise<ProgramEnd> {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-timers-'));
  const file = join(folder, `program.${extension}`);
  writeFileSync(file, source);
  const child = spawn(process.execPath, [...flags, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIME_LIMIT_MS,
  });
  const [[code, signal], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  rmSync(folder, { recursive: true });
  return { code, signal, stdout, stderr };
}

/** The same program twice: with Node's timers, then with ours. */
export async function runBothWays(source: string): Promise<{ node: ProgramEnd; ours: ProgramEnd }> {
  const [node, ours] = await Promise.all([
    runProgram(source),
    runProgram(source, ['--import', REGISTER]),
  ]);
  return { node, ours };
}
