import { types } from 'node:util';
import { InvalidArgumentError } from './errors.ts';

/**
 * A duration as `Temporal.Duration` has it, or a plain object with some of these fields. Years,
 * months and weeks are refused: they have no fixed length, or need a calendar.
 */
export interface DurationLike {
  /** Days of 24 hours. */
  readonly days?: number;
  /** Hours. */
  readonly hours?: number;
  /** Minutes. */
  readonly minutes?: number;
  /** Seconds. */
  readonly seconds?: number;
  /** Milliseconds. */
  readonly milliseconds?: number;
  /** Microseconds. */
  readonly microseconds?: number;
  /** Nanoseconds. */
  readonly nanoseconds?: number;
}

/** A number in the unit that the argument documents, a string with its unit, or a duration. */
export type DurationInput = number | string | DurationLike;

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const MS_PER_FIELD: Readonly<Record<string, number>> = {
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
  milliseconds: 1,
  microseconds: 1e-3,
  nanoseconds: 1e-6,
};

const CALENDAR_FIELDS = ['years', 'months', 'weeks'] as const;
const WITH_UNIT = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([a-zµ]+)\s*$/i;
const EXPECTED =
  'a finite number, a string with its unit (such as "250ms", "1.5s", "2h") or a duration';

/**
 * Reads a duration.
 *
 * @param value - A number in `unit`, a string with its own unit (ns, us, ms, s, m, h, d), or a
 * `Temporal.Duration`-like object.
 * @param unit - What a plain number means.
 * @param argument - Name of the argument, for the error.
 * @returns Milliseconds; negative where the input is.
 * @throws InvalidArgumentError `BACKBEAT_INVALID_ARGUMENT` for NaN, Infinity, an unknown unit or
 * a wrong type.
 *
 * @example
 * ```ts
 * import { parseDuration } from 'backbeat';
 * parseDuration('1.5s', 'ms', 'delay'); // 1500
 * parseDuration(2, 's', 'interval'); // 2000
 * parseDuration({ minutes: 1, seconds: 30 }, 'ms', 'delay'); // 90000
 * ```
 */
export function parseDuration(value: DurationInput, unit: 'ms' | 's', argument: string): number {
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return unit === 's' ? value * 1000 : value;
  } else if (typeof value === 'string') {
    return parseText(value, argument);
  } else if (typeof value === 'object' && value !== null) {
    return parseFields(value as Readonly<Record<string, unknown>>, argument);
  }
  throw new InvalidArgumentError(argument, value, EXPECTED);
}

function parseText(text: string, argument: string): number {
  const [, amount, unit] = WITH_UNIT.exec(text) ?? [];
  const msPerUnit = Object.hasOwn(MS_PER_UNIT, unit ?? '') ? MS_PER_UNIT[unit ?? ''] : undefined;
  const milliseconds = Number(amount) * (msPerUnit ?? Number.NaN);
  if (Number.isFinite(milliseconds)) return milliseconds;
  throw new InvalidArgumentError(argument, text, EXPECTED);
}

function parseFields(fields: Readonly<Record<string, unknown>>, argument: string): number {
  for (const name of CALENDAR_FIELDS) {
    if (fields[name] !== undefined && fields[name] !== 0) {
      throw new InvalidArgumentError(argument, fields, `a duration without ${name}`);
    }
  }
  let milliseconds = Number.NaN;
  for (const [name, factor] of Object.entries(MS_PER_FIELD)) {
    const amount = fields[name];
    if (amount === undefined) continue;
    if (typeof amount !== 'number') throw new InvalidArgumentError(argument, fields, EXPECTED);
    milliseconds = (Number.isNaN(milliseconds) ? 0 : milliseconds) + amount * factor;
  }
  if (Number.isFinite(milliseconds)) return milliseconds;
  throw new InvalidArgumentError(argument, fields, EXPECTED);
}

/** A point in time: a Date, an ISO string, or anything with `epochMilliseconds` (Temporal). */
export type InstantInput =
  | Date
  | string
  | number
  | {
      /** Milliseconds since 1970 (UTC). */
      readonly epochMilliseconds: number;
    };

/**
 * Reads an instant.
 *
 * @param value - A Date, an ISO 8601 string, a Temporal instant, or a number in `unit` since 1970
 * (UTC).
 * @param unit - What a plain number means.
 * @param argument - Name of the argument, for the error.
 * @returns Milliseconds since 1970 (UTC).
 * @throws InvalidArgumentError `BACKBEAT_INVALID_ARGUMENT` when it is no point in time.
 */
export function parseInstant(value: InstantInput, unit: 'ms' | 's', argument: string): number {
  let epochMs = Number.NaN;
  if (typeof value === 'number') epochMs = unit === 's' ? value * 1000 : value;
  else if (typeof value === 'string') epochMs = Date.parse(value);
  else if (types.isDate(value)) epochMs = value.getTime();
  else if (typeof value === 'object' && value !== null) epochMs = Number(value.epochMilliseconds);
  if (Number.isFinite(epochMs)) return epochMs;
  throw new InvalidArgumentError(
    argument,
    value,
    'a Date, an ISO 8601 string, a Temporal instant or a number',
  );
}
