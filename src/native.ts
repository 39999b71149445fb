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

export type NativeBinding = typeof Binding;
export type { NativeIsolate, NativeManualIsolate, NativeStats } from '../index.js';

const requireFromHere = createRequire(import.meta.url);
let loaded: NativeBinding | undefined;

/**
 * The native binding.
 *
 * @throws BindingLoadError `BACKBEAT_BINDING_LOAD` when no binary fits or loads.
 * @throws BindingVersionError `BACKBEAT_BINDING_VERSION` when it is of another version.
 */
export function native(): NativeBinding {
  loaded ??= load();
  return loaded;
}

function load(): NativeBinding {
  let binding: NativeBinding;
  try {
    binding = requireFromHere('../index.js') as NativeBinding;
  } catch (cause) {
    throw new BindingLoadError(listAttempts(cause), advise(cause), cause);
  }
  const { version } = requireFromHere('../package.json') as { version: string };
  const found = typeof binding.coreVersion === 'function' ? binding.coreVersion() : 'unknown';
  if (found !== version) throw new BindingVersionError(version, found);
  return binding;
}

/** The generated loader chains the failures by `cause`, the last attempt outermost. */
function listAttempts(error: unknown): LoadAttempt[] {
  const attempts: LoadAttempt[] = [];
  const seen = new Set<unknown>();
  for (let at = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at);
    const [why = 'unknown reason'] = at.message.split('\n');
    if (at.message.includes('npm has a bug related to optional dependencies')) continue;
    attempts.unshift({ what: nameTarget(at), why });
  }
  return attempts;
}

function nameTarget(error: Error): string {
  const quoted = /'([^']+)'/.exec(error.message)?.[1];
  const path = /(\S+\.node)\b/.exec(error.message)?.[1];
  const name = quoted ?? path ?? 'native binding';
  return name.split(/[\\/]/).slice(-1)[0] ?? name;
}

function advise(error: unknown): string[] {
  const text = listAttempts(error)
    .map(({ why }) => why)
    .join(' ');
  if (text.includes('no-addons') || text.includes('loading of addons is disabled')) {
    return ['start Node without --no-addons, or with --allow-addons under --permission'];
  }
  return [
    'install with optional dependencies (not --omit=optional), so that the binary of this platform comes along',
    'with npm before 11.3, delete node_modules and package-lock.json and install again',
    'in a checkout of the sources, run `npm run setup`, which needs Rust 1.88 or newer',
    'point NAPI_RS_NATIVE_LIBRARY_PATH to a binary that you built',
  ];
}
