import { availableParallelism } from 'node:os';
import type { ChannelMemory } from '../channel/channel-memory.ts';
import { InvalidArgumentError } from '../errors.ts';
import { native } from '../native.ts';
import { NativeReceiver, parseFault, textOf } from './native-receiver.ts';
import { SourceError } from './source-error.ts';
import { pathOf } from './source-path.ts';

/** Entries in a frame: a sixteenth of those that may be read ahead, between these. */
const LEAST_BATCH = 64;
const MOST_BATCH = 256;
const DEFAULT_AHEAD = 4096;
const MAX_THREADS = 4;
const RECORD_BYTES = 24;
const KINDS: readonly EntryKind[] = ['file', 'directory', 'link', 'other'];

/** What kind of thing an entry is. Links are not followed for it, unless `followLinks`. */
export type EntryKind = 'file' | 'directory' | 'link' | 'other';

/** An entry of a directory, with `stats`. */
export interface WalkEntry {
  /** The directory that was given, and the way from there. */
  readonly path: string;
  /** A link counts as what it is, unless `followLinks`. */
  readonly kind: EntryKind;
  /** Bytes. */
  readonly size: number;
  /** Last change, in milliseconds since 1970. */
  readonly mtimeMs: number;
  /** Permissions and type, as in `fs.Stats`. */
  readonly mode: number;
}

/** How a directory tree is walked. */
export interface WalkOptions {
  /**
   * Glob, or globs, of the entries that are wanted: `*.ts` matches names at any depth, a glob with a
   * slash (`src/**\/*.ts`) the way from the directory. Default: all.
   */
  readonly pattern?: string | readonly string[];
  /** Globs of what is left out, directories with everything below them. Default: nothing. */
  readonly ignore?: string | readonly string[];
  /** Leaves out what `.gitignore` files name. Default false. */
  readonly gitignore?: boolean;
  /** Entries are objects with kind, size and time. Default false: paths. */
  readonly stats?: boolean;
  /** Directories are entries, too. Default false. */
  readonly directories?: boolean;
  /** Walks into directories that links lead to; a circle is an error. Default false. */
  readonly followLinks?: boolean;
  /** Levels below the directory; 1 is its own entries. Default: all. */
  readonly maxDepth?: number;
  /**
   * Entries by name, directory after directory, always in the same order. Read by one thread.
   * Default false: in no order.
   */
  readonly sorted?: boolean;
  /** Entries that may be read ahead, at least 64. Default 4096. */
  readonly ahead?: number;
  /** Threads that read, 1 to 64. Default: the number of processors, at most 4. */
  readonly threads?: number;
  /**
   * Told about each entry that cannot be read; the walk goes on. Default: the walk ends with the
   * error, after what was found before it.
   */
  readonly onError?: (error: SourceError) => void;
}

/**
 * Walks a directory tree on native threads; the event loop stays free. Starts at once and stays at
 * most `ahead` entries in front.
 *
 * @throws SourceError `BACKBEAT_SOURCE`, in the iteration, for what cannot be read.
 * @throws InvalidArgumentError `BACKBEAT_INVALID_ARGUMENT` for a glob that has no meaning.
 *
 * @example
 * ```ts
 * import { walk } from 'backbeat';
 * for await (const path of walk('src', { pattern: '*.ts' })) console.log(path);
 * ```
 */
export function walk(
  directory: string | URL,
  options: WalkOptions & { readonly stats: true },
): NativeReceiver<WalkEntry>;
export function walk(directory: string | URL, options?: WalkOptions): NativeReceiver<string>;
export function walk(
  directory: string | URL,
  options: WalkOptions = {},
): NativeReceiver<string> | NativeReceiver<WalkEntry> {
  const { ahead = DEFAULT_AHEAD, stats = false, maxDepth, onError } = options;
  const threads = options.threads ?? Math.min(availableParallelism(), MAX_THREADS);
  checkCount('ahead', ahead, LEAST_BATCH, 1 << 24);
  const batch = Math.min(MOST_BATCH, Math.max(LEAST_BATCH, ahead >> 4));
  checkCount('threads', threads, 1, 64);
  if (maxDepth !== undefined) checkCount('maxDepth', maxDepth, 1, 2 ** 31);
  const root = pathOf('directory', directory);
  const nativeOptions = {
    root,
    patterns: globsOf('pattern', options.pattern),
    ignored: globsOf('ignore', options.ignore),
    hasDirectories: options.directories ?? false,
    hasStats: stats,
    followsLinks: options.followLinks ?? false,
    obeysGitignore: options.gitignore ?? false,
    ...(maxDepth === undefined ? {} : { maxDepth }),
    isSorted: options.sorted ?? false,
    threads,
    batch,
  };
  const start = (words: Int32Array) => {
    try {
      return native().NativeSource.walk(words, nativeOptions);
    } catch (error) {
      throw new InvalidArgumentError('pattern', (error as Error).message, 'a glob');
    }
  };
  const fault = (text: string) => {
    const { code, path, reason } = parseFault(text);
    return new SourceError(code, path || root, reason);
  };
  const frames = Math.floor(ahead / batch);
  const report = onError as ((error: Error) => void) | undefined;
  return stats
    ? new NativeReceiver(frames, `walk of ${root}`, start, { batch: readEntries, fault }, report)
    : new NativeReceiver(frames, `walk of ${root}`, start, { batch: readPaths, fault }, report);
}

function readPaths(memory: ChannelMemory, at: number, length: number, isAscii: boolean): string[] {
  return textOf(memory, at, at + length, isAscii).split('\0');
}

/** Count, a record for each, then the paths. */
function readEntries(
  memory: ChannelMemory,
  at: number,
  length: number,
  isAscii: boolean,
): WalkEntry[] {
  const { words, doubles } = memory;
  const count = words[at >> 2]!;
  const textAt = at + 8 + count * RECORD_BYTES;
  const paths = textOf(memory, textAt, at + length, isAscii).split('\0');
  return paths.map((path, index) => {
    const record = at + 8 + index * RECORD_BYTES;
    return {
      path,
      kind: KINDS[words[(record + 16) >> 2]!] ?? 'other',
      size: doubles[record >> 3]!,
      mtimeMs: doubles[(record + 8) >> 3]!,
      mode: words[(record + 20) >> 2]!,
    };
  });
}

function globsOf(argument: string, globs: string | readonly string[] | undefined): string[] {
  if (globs === undefined) return [];
  const list = typeof globs === 'string' ? [globs] : [...globs];
  for (const glob of list) {
    if (typeof glob !== 'string' || glob === '') {
      throw new InvalidArgumentError(argument, glob, 'a glob, or several');
    }
  }
  return list;
}

function checkCount(argument: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new InvalidArgumentError(argument, value, `a whole number from ${least} to ${most}`);
  }
}
