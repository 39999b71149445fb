export function loaderHints(): unknown {
  return undefined;
}
export async function applyLoaderHints(_hints: unknown): Promise<void> {}
