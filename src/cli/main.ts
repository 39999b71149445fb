#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { type Command, parseCommand } from './arguments.ts';
import { HELP } from './help.ts';
import { UsageError } from './usage-error.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_SIGNAL: Readonly<Record<'SIGINT' | 'SIGTERM', number>> = { SIGINT: 130, SIGTERM: 143 };

ignoreClosedPipe(process.stdout);
ignoreClosedPipe(process.stderr);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(EXIT_SIGNAL[signal]));
}
process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  try {
    return await run(parseCommand(argv));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`backbeat: ${message}\n`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  }
}

/** The commands are loaded when they run: help needs neither the engine nor the plots. */
async function run(command: Command): Promise<number> {
  if (command.kind === 'help') {
    process.stdout.write(HELP[command.of]);
    return 0;
  }
  if (command.kind === 'version') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  if (command.kind === 'stress') {
    const { runStress } = await import('./stress/command.ts');
    return runStress(command.arguments);
  }
  const { runReplay } = await import('./replay/command.ts');
  return runReplay(command.arguments);
}

function version(): string {
  const packageFile = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version;
}

/** `backbeat … | head` closes the pipe when it has enough; the run and its files go on. */
function ignoreClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
