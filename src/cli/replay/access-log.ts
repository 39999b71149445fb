import { createReadStream } from 'node:fs';

/** A log in memory, in time order: 12 bytes a request, whatever the lines held. */
export interface AccessLog {
  /** Seconds since 1970 UTC, ascending. */
  readonly timesSeconds: Float64Array;
  /** The client of each request, numbered from 0. */
  readonly clients: Uint32Array;
  readonly clientCount: number;
  readonly badLines: number;
  /** The first few bad lines, to be shown. */
  readonly badSamples: readonly BadLine[];
}

/** A line that is no request. */
export interface BadLine {
  readonly lineNumber: number;
  readonly text: string;
}

/** What a replay needs of one request. */
export interface LogEntry {
  readonly client: string;
  readonly timeSeconds: number;
}

const BAD_SAMPLE_LIMIT = 3;
const BAD_SAMPLE_LENGTH = 100;
/** Servers cap a request line far below; more than this is not a log but some other file. */
const LINE_LENGTH_LIMIT = 1 << 20;

/**
 * Reads an Apache combined (or common) log as a stream and sorts it by time. The sort is stable:
 * servers write a line when a request ends, so the lines of one second keep their order.
 * Blank lines count as nothing.
 */
export async function readAccessLog(path: string): Promise<AccessLog> {
  const collector = new RequestCollector();
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'latin1' })) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) collector.add(line);
    if (rest.length > LINE_LENGTH_LIMIT) rest = rest.slice(0, LINE_LENGTH_LIMIT);
  }
  collector.add(rest);
  return collector.finish();
}

/**
 * Client and time of one line, or nothing when it is no request. Only the part up to the status
 * is looked at: logs are cut off in the middle of the referrer or the user agent in practice, and
 * such a line still tells who came when.
 */
export function parseLogLine(line: string): LogEntry | undefined {
  const match = LINE.exec(line);
  if (!match) return undefined;
  const [, client, day, month, year, hour, minute, second, sign, offsetHours, offsetMinutes] =
    match as unknown as string[];
  const monthIndex = MONTHS.indexOf(month as string);
  const localMs = Date.UTC(
    Number(year),
    monthIndex,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  // Date.UTC carries 31 April over into May; a log never does.
  const date = new Date(localMs);
  const isReal =
    monthIndex >= 0 &&
    date.getUTCDate() === Number(day) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60;
  if (!isReal) return undefined;
  const offsetSeconds = Number(offsetHours) * 3600 + Number(offsetMinutes) * 60;
  return {
    client: client as string,
    timeSeconds: localMs / 1000 - (sign === '-' ? -offsetSeconds : offsetSeconds),
  };
}

const MONTHS: readonly string[] = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
];

const LINE: RegExp =
  /^(\S+) \S+ [^[\]]+ \[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\] "(?:[^"\\]|\\.)*" \d{3}(?: |\r?$)/;

/** Grows typed arrays instead of keeping an object per line. */
class RequestCollector {
  readonly #clientNumbers: Map<string, number> = new Map();
  readonly #badSamples: BadLine[] = [];
  #timesSeconds: Float64Array = new Float64Array(1024);
  #clients: Uint32Array = new Uint32Array(1024);
  #requests = 0;
  #badLines = 0;
  #lineNumber = 0;
  #inOrder = true;

  add(line: string): void {
    this.#lineNumber += 1;
    const entry = parseLogLine(line);
    if (entry) this.#addRequest(entry);
    else if (line.trim() !== '') this.#addBadLine(line);
  }

  finish(): AccessLog {
    const order = this.#inOrder ? undefined : this.#timeOrder();
    const requests = this.#requests;
    return {
      timesSeconds: order
        ? Float64Array.from(order, (row) => this.#timesSeconds[row] ?? 0)
        : this.#timesSeconds.slice(0, requests),
      clients: order
        ? Uint32Array.from(order, (row) => this.#clients[row] ?? 0)
        : this.#clients.slice(0, requests),
      clientCount: this.#clientNumbers.size,
      badLines: this.#badLines,
      badSamples: this.#badSamples,
    };
  }

  #addRequest(entry: LogEntry): void {
    if (this.#requests === this.#clients.length) this.#grow();
    const previous = this.#timesSeconds[this.#requests - 1];
    if (previous !== undefined && previous > entry.timeSeconds) this.#inOrder = false;
    this.#timesSeconds[this.#requests] = entry.timeSeconds;
    this.#clients[this.#requests] = this.#clientNumber(entry.client);
    this.#requests += 1;
  }

  #addBadLine(line: string): void {
    this.#badLines += 1;
    if (this.#badSamples.length === BAD_SAMPLE_LIMIT) return;
    this.#badSamples.push({
      lineNumber: this.#lineNumber,
      text: line.trim().slice(0, BAD_SAMPLE_LENGTH),
    });
  }

  #clientNumber(client: string): number {
    let number = this.#clientNumbers.get(client);
    if (number === undefined) {
      number = this.#clientNumbers.size;
      // A matched part of a line keeps the whole chunk of the file alive; a copy does not.
      this.#clientNumbers.set(Buffer.from(client, 'latin1').toString('latin1'), number);
    }
    return number;
  }

  /** The rows by time, rows of one second in the order of the file. */
  #timeOrder(): Uint32Array {
    const times = this.#timesSeconds;
    return Uint32Array.from({ length: this.#requests }, (_, row) => row).sort(
      (one, other) => (times[one] as number) - (times[other] as number) || one - other,
    );
  }

  #grow(): void {
    const capacity = this.#clients.length * 2;
    const times = new Float64Array(capacity);
    times.set(this.#timesSeconds);
    this.#timesSeconds = times;
    const clients = new Uint32Array(capacity);
    clients.set(this.#clients);
    this.#clients = clients;
  }
}
