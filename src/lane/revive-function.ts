/**
 * Makes a carried function again, on the thread it was sent to.
 *
 * This file runs at the start of every thread, so it imports nothing that takes long to load.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { deserialize } from 'node:v8';
import { TaskImportError } from '../errors.ts';
import type { CarriedPayload, FunctionDefinition, TaskDefinition } from './carried-payload.ts';
import { noteErrorClasses } from './error-classes.ts';
import { importModule, loadModule } from './revive-modules.ts';
import { type LoadedModule, ValueReviver } from './revive-values.ts';

type Revived = (...values: unknown[]) => unknown;

/**
 * The function of a definition that `carry` made.
 *
 * A promise only where a module has to be imported first: for a task, and for captured ES imports.
 *
 * @throws {@link TaskImportError} (or a promise of it) when a module or its export is missing.
 */
export function revive(definition: unknown): Revived | Promise<Revived> {
  const { url, exportName, isDriver } = definition as TaskDefinition;
  // An `import` would set up the loader of ES modules first, which many threads never need.
  if (isDriver) return createRequire(url)(fileURLToPath(url))[exportName] as Revived;
  if (url !== undefined) return reviveTask(definition as TaskDefinition);
  const { payload, shared = [] } = definition as FunctionDefinition;
  const carried = deserialize(payload) as CarriedPayload;
  if (!carried.modules.some(({ how }) => how === 'import')) {
    const loaded = carried.modules.map((module) => ({ module, exported: loadModule(module) }));
    return reviveRoot(carried, shared, loaded);
  }
  return Promise.all(
    carried.modules.map(async (module) => ({
      module,
      exported: await (module.how === 'import' ? importModule(module) : loadModule(module)),
    })),
  ).then((modules) => reviveRoot(carried, shared, modules));
}

function reviveRoot(
  { nodes, root }: CarriedPayload,
  shared: readonly unknown[],
  modules: readonly LoadedModule[],
): Revived {
  return new ValueReviver(nodes, modules, shared).value(root) as Revived;
}

async function reviveTask({ url, exportName }: TaskDefinition): Promise<Revived> {
  let namespace: Record<string, unknown>;
  try {
    namespace = await import(url);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TaskImportError(url, `the thread cannot import ${url}: ${reason}`, { cause });
  }
  noteErrorClasses(url, namespace);
  const exported = namespace[exportName];
  if (typeof exported === 'function') return exported as Revived;
  const found = Object.keys(namespace).join(', ') || 'nothing';
  throw new TaskImportError(url, `${url} has no function '${exportName}'; it exports ${found}`);
}
