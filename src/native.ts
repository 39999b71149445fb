/**
 * The one place that loads the native binding.
 *
 * `index.js` beside the package's root is generated and finds the binary for the platform. It is
 * loaded at the first use, not at import: importing backbeat neither needs the binary nor starts
 * a thread.
 */
import { createRequire } from 'node:module';
import type * as Binding from '../index.js';
import { BindingLoadError, BindingVersionError, type LoadAttempt } from './errors.ts';
import { hostProcess as host } from './host-at-load.ts';
import { type HostPlatform, hostPlatform, platformName } from './host-platform.ts';

export type NativeBinding = typeof Binding;
export type {
  ChannelEnd,
  NativeChannelHub,
  NativeIsolate,
  NativeLane,
  NativeLaneClient,
  NativeManualIsolate,
  NativeSource,
  NativeStats,
} from '../index.js';

const requireFromHere = createRequire(import.meta.url);
/** The platforms that binaries are published for. */
const PUBLISHED = /^(linux-(x64|arm64)-(gnu|musl)|darwin-(x64|arm64)|win32-(x64|arm64)-msvc)$/;
let loaded: NativeBinding | undefined;

/**
 * The native binding.
 *
 * @throws BindingLoadError `BACKBEAT_BINDING_LOAD` when no binary fits or loads.
 * @throws BindingVersionError `BACKBEAT_BINDING_VERSION` when it is of another version.
 */
export function native(): NativeBinding {
  loaded ??= withOwnProcess(load);
  return loaded;
}

/**
 * The binding from the file where another isolate of this process has found it, which is quicker
 * than to look for it again; as {@link native} without one.
 */
export function nativeFrom(path: string | undefined): NativeBinding {
  if (path !== undefined) loaded ??= requireFromHere(path) as NativeBinding;
  return native();
}

/** The file that the binding was loaded from, when that can be told. */
export function bindingPath(): string | undefined {
  const isBinding = (path: string) => /[\\/]backbeat\.[^\\/]*\.node$/.test(path);
  return loaded && Object.keys(requireFromHere.cache).find(isBinding);
}

/** The generated loader asks the global `process` for the platform. */
function withOwnProcess<T>(action: () => T): T {
  const given = Object.getOwnPropertyDescriptor(globalThis, 'process');
  if (globalThis.process === host) return action();
  Object.defineProperty(globalThis, 'process', { value: host, configurable: true });
  try {
    return action();
  } finally {
    if (given === undefined) Reflect.deleteProperty(globalThis, 'process');
    else Object.defineProperty(globalThis, 'process', given);
  }
}

function load(): NativeBinding {
  let binding: NativeBinding;
  try {
    binding = besideLoader() ?? (requireFromHere('../index.js') as NativeBinding);
  } catch (cause) {
    const attempts = listAttempts(cause);
    const host = hostPlatform();
    throw new BindingLoadError(host, attempts, advise(host, attempts), cause);
  }
  const { version } = requireFromHere('../package.json') as { version: string };
  const found = typeof binding.coreVersion === 'function' ? binding.coreVersion() : 'unknown';
  if (found !== version) throw new BindingVersionError(version, found);
  return binding;
}

/**
 * The binary where the generated loader mostly finds it. To load and run that takes several times as
 * long as the binary itself, and it alone knows all other places and what is wrong.
 */
function besideLoader(): NativeBinding | undefined {
  if (askedPath() !== undefined || host.env.NAPI_RS_FORCE_WASI) return undefined;
  const { platform, arch } = host;
  const name = platformName({ platform, arch, libc: undefined, runtime: '' });
  // A package without its loader is broken, which is not to come out on other platforms only.
  requireFromHere.resolve('../index.js');
  for (const place of [`../backbeat.${name}.node`, `backbeat-${name}`]) {
    try {
      return requireFromHere(place) as NativeBinding;
    } catch {
      // The loader will say why.
    }
  }
  return undefined;
}

/**
 * What the generated loader tried, in order. It throws a summary whose `cause` is a chain of the
 * failures, the last one outermost. What it never got to, a broken `index.js` for one, has no chain
 * and is the failure itself.
 */
function listAttempts(error: unknown): LoadAttempt[] {
  const failures: Error[] = [];
  const first = isError(error) ? (error.cause ?? error) : error;
  for (let at = first; isError(at) && !failures.includes(at); at = at.cause) failures.unshift(at);
  const named = failures.map(nameTarget);
  if (failures.length > 0 && askedPath() !== undefined) named[0] = askedPath();
  return failures.map(({ message }, index) => {
    const what = named[index] ?? inferTarget(named[index + 1]);
    const [why = ''] = message.split('\n');
    return { what, why: withoutPath(why) };
  });
}

/** Also one of another realm, as where a test runner puts this module into a context of its own. */
function isError(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && 'message' in value;
}

/** The module or file that the loader's message names. */
function nameTarget({ message }: Error): string | undefined {
  const module = /^Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1];
  if (module !== undefined) return module.replace(/^\.\//, '');
  return /(?:backbeat-[\w-]+[\\/])?[^\\/:'"\n]+\.node\b/.exec(message)?.[0];
}

/** A binary that the user names is tried first, and the one of the platform is not. */
function askedPath(): string | undefined {
  return process.env.NAPI_RS_NATIVE_LIBRARY_PATH || undefined;
}

/**
 * What was tried when the message does not say it, as when addons are switched off: the file beside
 * the loader, which is tried before the package of the same platform.
 */
function inferTarget(next: string | undefined): string {
  return next?.startsWith('backbeat-') ? `${next.replace('-', '.')}.node` : 'the native binding';
}

/** The system's loader puts the path of the file before its reason. */
function withoutPath(why: string): string {
  return why.replace(/^\S.*\.node: /, '');
}

function advise(host: HostPlatform, attempts: readonly LoadAttempt[]): string[] {
  if (attempts.some(({ why }) => why.includes('loading addons is disabled'))) {
    return ['start Node without --no-addons, or with --allow-addons under --permission'];
  }
  if (attempts.some(({ why }) => why.startsWith('Must use import to load ES Module'))) {
    return ['under Jest, use Node 24.9 or newer, with --experimental-vm-modules'];
  }
  const asked = askedPath();
  if (asked !== undefined) {
    return [`let NAPI_RS_NATIVE_LIBRARY_PATH (${asked}) name a binary that loads, or unset it`];
  }
  const fromSources = [
    'in a checkout of the sources, run `npm run build`, which needs Rust 1.88 or newer',
    'point NAPI_RS_NATIVE_LIBRARY_PATH to a binary that you built',
  ];
  const target = platformName(host);
  if (!PUBLISHED.test(target)) {
    return [
      `there is no prebuilt binary for ${target}: build one from the sources`,
      ...fromSources,
    ];
  }
  const advice = [
    `install with optional dependencies (not --omit=optional), so that the package backbeat-${target} comes along`,
    'with npm before 11.3, delete node_modules and package-lock.json and install again',
    'behind a mirror or without optional dependencies, run `npx backbeat-install --host URL` (see README)',
    ...fromSources,
  ];
  const broken = attempts.find(({ why }) => !why.startsWith('Cannot find'));
  if (broken === undefined) return advice;
  return [`${broken.what} is there but does not load: install or build it again`, ...advice];
}
