/**
 * Functions with what they captured, as data for another isolate.
 *
 * `carry` reads a function's text and variables and writes them as one definition; `revive`, in
 * `revive-function.ts`, makes the function again.
 */
import { serialize } from 'node:v8';
import { InvalidArgumentError } from '../errors.ts';
import { CarriedGraph } from './carried-graph.ts';
import type { FunctionDefinition, TaskDefinition } from './carried-payload.ts';
import { ownName } from './function-source.ts';
import { type AnyFunction, ThreadTask } from './thread-task.ts';

/** A function that is ready to go to a thread. */
export interface CarriedFunction {
  /** Plain data: `v8.serialize` can write it, unless `sharesMemory`; `postMessage` always can. */
  readonly definition: unknown;
  /** It holds shared memory or something else that only a `MessagePort` can carry. */
  readonly sharesMemory: boolean;
  /** The function's name, or the name of the export. */
  readonly name: string;
}

interface Kept {
  readonly carried: CarriedFunction;
  /** Nothing that was captured can change, so nothing has to be looked at again. */
  readonly isConstant: boolean;
  readonly graph: CarriedGraph | undefined;
  /** Where only plain data can have changed: that data, and its bytes when it was carried. */
  readonly watch: Watch | undefined;
  /** The explicit captures as they were. */
  readonly given: Captures | undefined;
}

interface Watch {
  readonly objects: readonly object[];
  readonly bytes: Buffer;
}

type Captures = Readonly<Record<string, unknown>>;

const keptAlone = new WeakMap<object, Kept>();
const keptWithCaptures = new WeakMap<object, WeakMap<object, Kept>>();

/**
 * Makes a function ready for a thread: its source, and the values of its captured variables at this
 * moment, copied.
 *
 * The first call for a function reads its text and, if that has free names, its closure. Later calls
 * return the same object as long as nothing captured can have changed. Where something can (a
 * variable that is assigned to somewhere, an object that is not frozen), it is read and compared
 * each time, and a new object is returned when it differs.
 *
 * @param fn - A function, method, generator or class, or a {@link ThreadTask}.
 * @param captures - The values of its free variables by name. With it the closure is not read, so
 *   that it works without an inspector; names that are neither here nor global are refused.
 * @throws {@link CaptureError} when something cannot be carried; nothing has run then.
 */
export function carry(fn: AnyFunction | ThreadTask, captures?: Captures): CarriedFunction {
  const kept = captures === undefined ? keptAlone.get(fn) : findWithCaptures(fn, captures);
  if (kept !== undefined && (kept.isConstant || isUnchanged(kept.watch))) return kept.carried;
  if (fn instanceof ThreadTask) return keep(fn, undefined, carryTask(fn));
  if (typeof fn !== 'function') {
    throw new InvalidArgumentError('fn', fn, 'a function or a task');
  }
  return carryFunction(fn, captures, kept);
}

function carryFunction(
  fn: AnyFunction,
  captures: Captures | undefined,
  kept: Kept | undefined,
): CarriedFunction {
  const graph = kept?.graph ?? new CarriedGraph(fn, captures);
  const { payload, shared, watched } = graph.encode();
  if (
    kept !== undefined &&
    isSame(kept.carried.definition as FunctionDefinition, payload, shared)
  ) {
    return kept.carried;
  }
  const definition: FunctionDefinition = shared.length > 0 ? { payload, shared } : { payload };
  const name = ownName(fn) || 'anonymous';
  const carried = { definition, sharesMemory: shared.length > 0, name };
  const isConstant = watched?.length === 0;
  const watch =
    isConstant || !watched ? undefined : { objects: watched, bytes: serialize(watched) };
  return keep(fn, captures, { carried, isConstant, graph, watch, given: { ...captures } });
}

function carryTask({ url, exportName }: ThreadTask): Kept {
  const definition: TaskDefinition = { url, exportName };
  return {
    carried: { definition, sharesMemory: false, name: exportName },
    isConstant: true,
    graph: undefined,
    watch: undefined,
    given: undefined,
  };
}

/** Other values under the same names are other captures, so what was kept is of no use then. */
function findWithCaptures(fn: object, captures: Captures): Kept | undefined {
  const kept = keptWithCaptures.get(captures)?.get(fn);
  const given = kept?.given ?? {};
  const names = Object.keys(captures);
  const isSame =
    names.length === Object.keys(given).length &&
    names.every((name) => Object.hasOwn(given, name) && Object.is(given[name], captures[name]));
  return isSame ? kept : undefined;
}

function keep(fn: object, captures: Captures | undefined, kept: Kept): CarriedFunction {
  if (captures === undefined) keptAlone.set(fn, kept);
  else {
    const functions = keptWithCaptures.get(captures) ?? new WeakMap<object, Kept>();
    keptWithCaptures.set(captures, functions.set(fn, kept));
  }
  return kept.carried;
}

/** Data that no longer can be written is no longer plain: it has changed. */
function isUnchanged(watch: Watch | undefined): boolean {
  if (watch === undefined) return false;
  try {
    return serialize(watch.objects).equals(watch.bytes);
  } catch {
    return false;
  }
}

/** Shared memory is compared by identity: what is in it is seen on both sides anyway. */
function isSame(before: FunctionDefinition, bytes: Buffer, shared: readonly unknown[]): boolean {
  const sharedBefore = before.shared ?? [];
  return (
    bytes.equals(before.payload) &&
    shared.length === sharedBefore.length &&
    shared.every((value, index) => value === sharedBefore[index])
  );
}
