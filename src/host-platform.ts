/** What this process runs on, in the words of the published binaries. */

/** Platform, processor, C library and runtime of this process. */
export interface HostPlatform {
  /** As `process.platform`. */
  readonly platform: string;
  /** As `process.arch`. */
  readonly arch: string;
  /** `glibc 2.36`, `musl`, or undefined off Linux and where the runtime does not tell. */
  readonly libc: string | undefined;
  /** `Node v22.20.0`, `Bun 1.4.5`, `Deno 2.9.6`. */
  readonly runtime: string;
}

interface Report {
  readonly header?: { readonly glibcVersionRuntime?: string };
  readonly sharedObjects?: readonly string[];
}

/** Looks at `process`; on Linux it asks for the diagnostic report, some milliseconds. */
export function hostPlatform(): HostPlatform {
  const { platform, arch } = process;
  return {
    platform,
    arch,
    libc: platform === 'linux' ? linuxLibc() : undefined,
    runtime: runtime(),
  };
}

/** Name of the binary for a platform, without extension: `linux-x64-musl`, `darwin-arm64`. */
export function platformName({ platform, arch, libc }: HostPlatform): string {
  if (platform === 'linux') return `linux-${arch}-${libc === 'musl' ? 'musl' : 'gnu'}`;
  return platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`;
}

function linuxLibc(): string | undefined {
  const report = readReport();
  const version = report?.header?.glibcVersionRuntime;
  if (version !== undefined) return `glibc ${version}`;
  const isMusl = (file: string) => file.includes('ld-musl-') || file.includes('libc.musl-');
  return report?.sharedObjects?.some(isMusl) ? 'musl' : undefined;
}

/** Undefined where the runtime has none, or refuses. */
function readReport(): Report | undefined {
  try {
    // Or it looks up the names of all peers. The types know the property from Node 22 on only.
    (process.report as { excludeNetwork?: boolean }).excludeNetwork = true;
    return process.report.getReport() as Report;
  } catch {
    return undefined;
  }
}

function runtime(): string {
  const { bun, deno } = process.versions;
  if (bun !== undefined) return `Bun ${bun}`;
  return deno === undefined ? `Node ${process.version}` : `Deno ${deno}`;
}
