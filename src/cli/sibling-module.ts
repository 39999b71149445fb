import { extname } from 'node:path';

/**
 * A module next to the asking one, to be started as a process or thread of its own. The sources
 * run as they are under a TypeScript loader and compiled otherwise; a URL written with one
 * extension would be wrong in the other place.
 */
export function siblingModule(askingUrl: string, name: string): URL {
  return new URL(`./${name}${extname(new URL(askingUrl).pathname)}`, askingUrl);
}
