import type { ChannelMemory } from '../channel/channel-memory.ts';
import { InvalidArgumentError } from '../errors.ts';
import { native } from '../native.ts';
import { NativeReceiver, parseFault, textOf } from './native-receiver.ts';
import { SourceError } from './source-error.ts';
import { pathOf } from './source-path.ts';

/** Lines in a frame. */
const BATCH = 256;
const DEFAULT_AHEAD = 8192;

/** How lines are read. */
export interface LineOptions {
  /** Lines that may be read ahead, at least 256. Default 8192, and about 64 KiB of text at least. */
  readonly ahead?: number;
}

/**
 * The lines of a file in UTF-8, read on a native thread; the event loop stays free. A line ends at
 * `\n` or `\r\n`, which is not part of it; the last one may lack its end. Bytes that are no UTF-8
 * become U+FFFD.
 *
 * @throws SourceError `BACKBEAT_SOURCE`, in the iteration, when the file cannot be read; after the
 *   lines before.
 *
 * @example
 * ```ts
 * import { lines } from 'backbeat';
 * let count = 0;
 * for await (const line of lines('README.md')) if (line.startsWith('#')) count++;
 * ```
 */
export function lines(file: string | URL, options: LineOptions = {}): NativeReceiver<string> {
  const { ahead = DEFAULT_AHEAD } = options;
  if (!Number.isInteger(ahead) || ahead < BATCH || ahead > 1 << 24) {
    throw new InvalidArgumentError('ahead', ahead, `a whole number from ${BATCH} to ${1 << 24}`);
  }
  const path = pathOf('file', file);
  let parts: Buffer[] = [];
  const batch = (memory: ChannelMemory, at: number, length: number, isAscii: boolean) => {
    if (parts.length === 0) return textOf(memory, at, at + length, isAscii).split('\n');
    parts.push(memory.bytes.subarray(at, at + length));
    const whole = Buffer.concat(parts);
    parts = [];
    return [whole.toString('utf8')];
  };
  return new NativeReceiver(
    Math.floor(ahead / BATCH),
    `lines of ${path}`,
    (words) => native().NativeSource.lines(words, path, BATCH),
    {
      batch,
      part: (bytes) => parts.push(bytes),
      fault: (text) => {
        const { code, reason } = parseFault(text);
        return new SourceError(code, path, reason);
      },
    },
    undefined,
  );
}
