import {
  accessSync,
  closeSync,
  constants,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from './usage-error.ts';

/** A file that a run will write at its end, already known to be writable. */
export interface OutputFile {
  /** The option that asked for it, for messages. */
  readonly option: string;
  /** Absolute, with symbolic links followed, so that the link itself is never replaced. */
  readonly path: string;
  /** A device or a pipe is written to as it is; a regular file is replaced whole. */
  readonly replaces: boolean;
}

/**
 * Checks before a run that its result can be written, without touching what is there.
 *
 * @throws UsageError when the folder is missing or closed, or the path is a folder
 */
export function claimOutput(option: string, path: string): OutputFile {
  try {
    if (path === '') throw new Error('the file name is empty');
    const existing = statSync(path, { throwIfNoEntry: false });
    if (existing?.isDirectory()) throw new Error('it is a folder');
    const target = existing ? realpathSync(path) : absolutePath(path);
    if (existing) accessSync(target, constants.W_OK);
    const replaces = existing?.isFile() ?? true;
    // Only a real attempt tells: access rights say yes to root on a read-only file system.
    if (replaces) probe(target);
    return { option, path: target, replaces };
  } catch (error) {
    throw new UsageError(`${option}: cannot write ${quote(path)}: ${fileProblem(error)}`);
  }
}

/** Writes a claimed file: beside it first, then moved into place, so nobody sees half of it. */
export function saveOutput(output: OutputFile, text: string): void {
  const draft = output.replaces ? draftPath(output.path) : output.path;
  try {
    writeFileSync(draft, text);
    if (output.replaces) renameSync(draft, output.path);
  } catch (error) {
    if (output.replaces) rmSync(draft, { force: true });
    throw new UsageError(
      `${output.option}: cannot write ${quote(output.path)}: ${fileProblem(error)}`,
    );
  }
}

/** Says in a few words why a file cannot be used, without the path and call Node appends. */
export function fileProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code && PROBLEMS[code]) || String(message);
}

/** A path or value as it stands in a message: one line, no control characters. */
export function quote(value: string): string {
  return JSON.stringify(value);
}

/** Whether two paths lead to one file. */
export function isSameFile(one: string, other: string): boolean {
  const [first, second] = [stats(one), stats(other)];
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'part of the path is not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'the name is too long',
};

function absolutePath(path: string): string {
  const absolute = resolve(path);
  return join(realpathSync(dirname(absolute)), basename(absolute));
}

function probe(target: string): void {
  const draft = draftPath(target);
  closeSync(openSync(draft, 'wx'));
  rmSync(draft);
}

function draftPath(target: string): string {
  return `${target}.${process.pid}.part`;
}

function stats(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
