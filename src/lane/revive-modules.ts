/** Modules that a carried function imports again, resolved from the module that named them. */
import { createRequire } from 'node:module';
import { constants, Script } from 'node:vm';
import { TaskImportError } from '../errors.ts';
import type { CarriedModule } from './carried-payload.ts';

/**
 * Under this key the global object has a table of where the objects came from that carried functions
 * imported, for functions that are carried on. It is there for all copies of this package in the
 * isolate: the thread's own makes the functions, the one that they import carries them on.
 */
const IMPORTED_KEY = Symbol.for('backbeat.imported');

type ImportedTable = WeakMap<object, ImportedObject>;

/** A member of a module. */
export interface ImportedObject {
  readonly module: CarriedModule;
  readonly path: readonly string[];
}

/** Where an object came from that a carried function imported. */
export function importedFrom(object: object): ImportedObject | undefined {
  return importedTable()?.get(object);
}

/** Keeps where an object came from. */
export function noteImported(object: object, from: ImportedObject): void {
  if (importedTable() === undefined) {
    Object.defineProperty(globalThis, IMPORTED_KEY, { value: new WeakMap(), configurable: true });
  }
  importedTable()?.set(object, from);
}

function importedTable(): ImportedTable | undefined {
  return (globalThis as Record<symbol, unknown>)[IMPORTED_KEY] as ImportedTable | undefined;
}

/** What `require` returns, or a builtin module; at once. */
export function loadModule({ how, specifier, parent }: CarriedModule): unknown {
  if (how === 'builtin') return process.getBuiltinModule(specifier);
  try {
    return createRequire(parent)(specifier);
  } catch (cause) {
    throw failed(specifier, parent, cause);
  }
}

/** The namespace of an ES module. */
export async function importModule(module: CarriedModule): Promise<unknown> {
  const { specifier, parent, attributes } = module;
  try {
    return await importerFrom(parent, attributes !== undefined)(
      specifier,
      attributes && { with: attributes },
    );
  } catch (cause) {
    throw failed(specifier, parent, cause);
  }
}

/**
 * Options for a script whose text has an `import()`: it resolves from the script's file name, by the
 * loader of the thread, as it did where the text was written.
 */
export function importOptions(): { importModuleDynamically?: never } {
  const loader: unknown = constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  if (loader === undefined) return {};
  const options = { importModuleDynamically: loader as never };
  if (!isWarned) useUpWarning(options);
  return options;
}

let isWarned = false;

/**
 * Node warns once per isolate, at the first `import()` with this option, that it is experimental.
 * The user did not ask for the option and cannot act on the warning, so it is spent here.
 */
function useUpWarning(options: { importModuleDynamically: never }): void {
  isWarned = true;
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    new Script("import('node:vm')", options).runInThisContext();
  } finally {
    process.emitWarning = emitWarning;
  }
}

type Importer = (specifier: string, options?: object) => Promise<unknown>;

const importers = new Map<string, Importer>();

function importerFrom(parent: string, withAttributes: boolean): Importer {
  const key = `${withAttributes} ${parent}`;
  let importer = importers.get(key);
  if (importer === undefined) {
    // The second argument is no syntax of older versions, so it is there only when it is needed.
    const text = withAttributes
      ? '(specifier, options) => import(specifier, options)'
      : '(specifier) => import(specifier)';
    const script = new Script(text, { filename: parent, ...importOptions() });
    importer = script.runInThisContext() as Importer;
    importers.set(key, importer);
  }
  return importer;
}

function failed(specifier: string, parent: string, cause: unknown): TaskImportError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TaskImportError(
    specifier,
    `the thread cannot import '${specifier}', which ${parent} imports: ${reason}`,
    { cause },
  );
}
