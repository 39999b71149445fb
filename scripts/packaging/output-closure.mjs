/**
 * @param outputs of esbuild's metafile
 * @returns the files that are loaded with the output `path`, itself among them
 */
export function closureOf(outputs, path) {
  const found = new Set();
  const open = [path];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...outputs[next].imports.filter(({ external }) => !external).map((to) => to.path));
  }
  return [...found];
}
