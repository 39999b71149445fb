#!/usr/bin/env node
/**
 * `backbeat-install`: fetches the native binary by hand where npm could not bring it. Never started
 * by an installation.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { BackbeatError } from '../index.ts';
import { fetchBinary } from './fetch-binary.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const HELP = `usage: backbeat-install --host URL [--allow-http]

Fetches the native binary of this platform by prebuild-install, compares its SHA-256 with the one that
came with the package, and puts it beside index.js. Only needed where npm does not bring the package
backbeat-<platform>: with --omit=optional, or behind a mirror that lacks it.

  --host URL     where the archives lie: URL/v<version>/backbeat-v<version>-napi-v8-<platform>.tar.gz
                 (default: npm_config_backbeat_binary_host from the environment)
  --allow-http   take a host without https
`;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const asked = readArguments(argv);
  if (typeof asked === 'string') return complain(asked, EXIT_USAGE);
  if (asked.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { npm_config_backbeat_binary_host: first, npm_config_backbeat_binary_host_mirror: second } =
    process.env;
  const host = asked.host ?? (first || second);
  if (!host) return complain('no host: give --host URL; see backbeat-install --help', EXIT_USAGE);
  try {
    const done = await fetchBinary({ host, allowHttp: asked['allow-http'] === true });
    process.stdout.write(`backbeat-install: ${done}\n`);
    return 0;
  } catch (error) {
    if (error instanceof BackbeatError) return complain(error.message, EXIT_FAILED);
    throw error;
  }
}

interface Arguments {
  readonly host?: string;
  readonly 'allow-http'?: boolean;
  readonly help?: boolean;
}

function readArguments(argv: readonly string[]): Arguments | string {
  const options = {
    host: { type: 'string' },
    'allow-http': { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    return parseArgs({ args: [...argv], options }).values as Arguments;
  } catch (error) {
    return (error as Error).message;
  }
}

function complain(message: string, exitCode: number): number {
  process.stderr.write(`backbeat-install: ${message}\n`);
  return exitCode;
}
