import { parseArgs } from 'node:util';
import { parseDuration } from '../index.ts';
import { formatCount } from './format.ts';
import { quote } from './output-file.ts';
import { UsageError } from './usage-error.ts';

/** `backbeat stress`, checked. */
export interface StressArguments {
  readonly actors: number;
  /** Share of recurring actors, 0 to 1. */
  readonly recurring: number;
  readonly runMs: number;
  readonly isolates: number;
  readonly seed: number;
  /** Also measure Node's own timers. */
  readonly versusNode: boolean;
  readonly json: string | undefined;
  readonly report: string | undefined;
}

/** `backbeat replay`, checked. */
export interface ReplayArguments {
  readonly log: string;
  readonly idleMs: number;
  /** Log seconds per real second. */
  readonly speed: number;
  readonly copies: number;
  readonly virtual: boolean;
  readonly json: string | undefined;
  readonly report: string | undefined;
}

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help'; readonly of: 'backbeat' | 'stress' | 'replay' }
  | { readonly kind: 'version' }
  | { readonly kind: 'stress'; readonly arguments: StressArguments }
  | { readonly kind: 'replay'; readonly arguments: ReplayArguments };

/** The value of `--json` that stands for standard output. */
export const STANDARD_OUTPUT = '-';

/**
 * Reads the command line (without the program's own name).
 *
 * @throws UsageError with one line that names the option and the value
 */
export function parseCommand(argv: readonly string[]): Command {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    return { kind: 'help', of: 'backbeat' };
  }
  if (name === '--version' || name === '-v') return { kind: 'version' };
  if (name === 'stress') return parseStress(rest);
  if (name === 'replay') return parseReplay(rest);
  const what = name.startsWith('-') ? 'option' : 'command';
  throw new UsageError(`unknown ${what} ${quote(name)}; see backbeat --help`);
}

const MAX_ACTORS = 100_000_000;
const MAX_RUN_SECONDS = 24 * 3600;
const MAX_ISOLATES = 256;
const MAX_COPIES = 1_000_000;
/** Half a log second must stay longer than the rounding of a clock reading. */
const MAX_SPEED = 1_000_000;

function parseStress(argv: readonly string[]): Command {
  const { values, positionals } = split('stress', argv, STRESS_OPTIONS);
  if (values.help) return { kind: 'help', of: 'stress' };
  if (positionals[0] !== undefined) {
    throw new UsageError(`stress takes no file, got ${quote(positionals[0])}`);
  }
  const text = (option: string): string | undefined => values[option] as string | undefined;
  const actors = wholeNumber('--actors', text('actors') ?? '1000000', 1, MAX_ACTORS);
  const isolates = wholeNumber('--isolates', text('isolates') ?? '1', 1, MAX_ISOLATES);
  if (isolates > actors) {
    throw new UsageError(`--isolates: ${isolates} isolates cannot share ${actors} actors`);
  }
  return {
    kind: 'stress',
    arguments: {
      actors,
      recurring: share('--recurring', text('recurring') ?? '10%'),
      runMs: positive('--seconds', text('seconds') ?? '10', MAX_RUN_SECONDS) * 1000,
      isolates,
      seed: wholeNumber('--seed', text('seed') ?? '1', 0, 2 ** 32 - 1),
      versusNode: versus(text('vs')),
      ...outputs(text),
    },
  };
}

function parseReplay(argv: readonly string[]): Command {
  const { values, positionals } = split('replay', argv, REPLAY_OPTIONS);
  if (values.help) return { kind: 'help', of: 'replay' };
  const [log, extra] = positionals;
  if (log === undefined) throw new UsageError('replay needs an access log; see backbeat --help');
  if (extra !== undefined) {
    throw new UsageError(`replay takes one log, got also ${quote(extra)}`);
  }
  const text = (option: string): string | undefined => values[option] as string | undefined;
  return {
    kind: 'replay',
    arguments: {
      log,
      idleMs: duration('--idle', text('idle') ?? '30m'),
      speed: positive('--speed', text('speed') ?? '20000', MAX_SPEED),
      copies: wholeNumber('--copies', text('copies') ?? '1', 1, MAX_COPIES),
      virtual: values.virtual === true,
      ...outputs(text),
    },
  };
}

type OptionTypes = Readonly<Record<string, { type: 'string' | 'boolean'; short?: string }>>;

const SHARED_OPTIONS: OptionTypes = {
  json: { type: 'string' },
  report: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
};

const STRESS_OPTIONS: OptionTypes = {
  ...SHARED_OPTIONS,
  actors: { type: 'string' },
  recurring: { type: 'string' },
  seconds: { type: 'string' },
  isolates: { type: 'string' },
  seed: { type: 'string' },
  vs: { type: 'string' },
};

const REPLAY_OPTIONS: OptionTypes = {
  ...SHARED_OPTIONS,
  idle: { type: 'string' },
  speed: { type: 'string' },
  copies: { type: 'string' },
  virtual: { type: 'boolean' },
};

interface SplitArguments {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/** Splits options from files; every complaint of the parser becomes one line of ours. */
function split(command: string, argv: readonly string[], options: OptionTypes): SplitArguments {
  const { tokens } = parseArgs({
    args: joinValues(argv, options),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, string | boolean> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const type = options[token.name]?.type;
    if (!Object.hasOwn(options, token.name)) {
      throw new UsageError(
        `${command}: unknown option ${quote(token.rawName)}; see backbeat ${command} --help`,
      );
    }
    if (type === 'string' && token.value === undefined) {
      throw new UsageError(`${token.rawName} needs a value`);
    }
    if (type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`${token.rawName} takes no value, got ${quote(token.value)}`);
    }
    values[token.name] = token.value ?? true;
  }
  return { values, positionals };
}

/**
 * Ties values to options where the parser would not: `--actors -5` must reach our own check of
 * the number, an option must not swallow the next one, and `--json` alone means standard output.
 */
function joinValues(argv: readonly string[], options: OptionTypes): string[] {
  const joined: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] as string;
    if (argument === '--') return [...joined, ...argv.slice(index)];
    const takesValue = argument.startsWith('--') && options[argument.slice(2)]?.type === 'string';
    const next = argv[index + 1];
    if (!takesValue) {
      joined.push(argument);
    } else if (next !== undefined && (!next.startsWith('-') || /^-[\d.]|^-$|^-Inf/.test(next))) {
      joined.push(`${argument}=${next}`);
      index += 1;
    } else if (argument === '--json') {
      joined.push(`${argument}=${STANDARD_OUTPUT}`);
    } else {
      throw new UsageError(`${argument} needs a value`);
    }
  }
  return joined;
}

function outputs(
  text: (option: string) => string | undefined,
): Pick<StressArguments, 'json' | 'report'> {
  return { json: text('json'), report: text('report') };
}

function wholeNumber(option: string, text: string, lowest: number, highest: number): number {
  const value = number(text);
  if (!Number.isSafeInteger(value) || value < lowest || value > highest) {
    throw new UsageError(
      `${option} must be a whole number from ${formatCount(lowest)} to ${formatCount(highest)}, got ${quote(text)}`,
    );
  }
  return value;
}

function positive(option: string, text: string, highest: number): number {
  const value = number(text);
  if (!(value > 0 && value <= highest)) {
    throw new UsageError(
      `${option} must be a number above 0 and up to ${formatCount(highest)}, got ${quote(text)}`,
    );
  }
  return value;
}

function share(option: string, text: string): number {
  const value = text.endsWith('%') ? number(text.slice(0, -1)) / 100 : number(text);
  if (!(value >= 0 && value <= 1)) {
    throw new UsageError(`${option} must be from 0% to 100%, got ${quote(text)}`);
  }
  return value;
}

function duration(option: string, text: string): number {
  const durationMs = parsedDuration(option, text);
  if (!(durationMs > 0 && Number.isFinite(durationMs))) {
    throw new UsageError(`${option} must be above 0, got ${quote(text)}`);
  }
  return durationMs;
}

/** A number alone is seconds, the resolution of a log. */
function parsedDuration(option: string, text: string): number {
  const seconds = number(text);
  if (!Number.isNaN(seconds)) return seconds * 1000;
  try {
    return parseDuration(text, 's', option);
  } catch {
    throw new UsageError(
      `${option} must be a duration such as 500ms, 30s, 30m or 2h, got ${quote(text)}`,
    );
  }
}

function versus(peer: string | undefined): boolean {
  if (peer !== undefined && peer !== 'node') {
    throw new UsageError(`--vs knows only "node", got ${quote(peer)}`);
  }
  return peer !== undefined;
}

/** Strict decimal: no empty text, no hexadecimal, no blanks. */
function number(text: string): number {
  return /^[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)
    ? Number(text.replaceAll('_', ''))
    : Number.NaN;
}
