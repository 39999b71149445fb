import { fileURLToPath } from 'node:url';
import { InvalidArgumentError } from '../errors.ts';

/** A path as `node:fs` takes it: text, or a `file:` URL. */
export function pathOf(argument: string, path: string | URL): string {
  if (path instanceof URL && path.protocol === 'file:') return fileURLToPath(path);
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new InvalidArgumentError(argument, path, 'a path or a file: URL');
  }
  return path;
}
