/**
 * Where the modules lie that native threads run. A file of its own at the top of the sources, because
 * a bundled copy of it lies at the top of `dist`, too.
 *
 * @param path - Of the compiled module below `dist`. Threads run it also when a TypeScript loader
 * runs the sources here.
 */
export function threadModule(path: string): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(isSource ? `../dist/${path}` : `./${path}`, import.meta.url);
}
