/**
 * The asynchronous context (AsyncLocalStorage) of whoever makes an actor, kept until it runs.
 *
 * An `AsyncResource` keeps the context. But nearly always there is none, and a resource for each of
 * millions of actors would cost more than the actors. Node has no question "is there a context?",
 * and looking through the symbols of a fresh resource costs half a microsecond. So a probe is made
 * that notices when Node writes something into it that a bare resource does not have: up to Node
 * 22 every active storage writes its value into each new resource, under a symbol of its own.
 *
 * The probe's prototype has the fields of a bare resource; whatever else is assigned to a probe
 * finds no such field on the way up and ends in the `set` trap of the proxy behind the prototype.
 */
import { AsyncResource } from 'node:async_hooks';

const OPTIONS = { requireManualDestroy: true };
const TYPE = 'backbeat';

const bareSymbols = Object.getOwnPropertySymbols(makeResource());
/** Fields of a bare resource that hold a context where Node keeps it so: all but the two ids. */
const frameSymbols = bareSymbols.filter(
  (symbol) => typeof readField(makeResource(), symbol) !== 'number',
);

/** Taken at load; `domain` is there when a program uses the module of that name. */
const host = process as unknown as { domain?: unknown };

let hasSeenContext = false;

class ContextProbe extends AsyncResource {
  constructor() {
    super(TYPE, OPTIONS);
  }
}

for (const symbol of bareSymbols) {
  const field = { value: undefined, writable: true, configurable: true };
  Object.defineProperty(ContextProbe.prototype, symbol, field);
}
Object.setPrototypeOf(
  ContextProbe.prototype,
  new Proxy(AsyncResource.prototype, {
    set(_target, key, value, probe) {
      if (value !== undefined) hasSeenContext = true;
      const field = { value, writable: true, enumerable: true, configurable: true };
      return Reflect.defineProperty(probe, key, field);
    },
  }),
);

/** The asynchronous context of the caller, or undefined when it is empty. */
export function captureContext(): AsyncResource | undefined {
  hasSeenContext = false;
  const probe = new ContextProbe();
  for (const symbol of frameSymbols) {
    if (readField(probe, symbol) !== undefined) hasSeenContext = true;
  }
  return hasSeenContext ? makeResource() : undefined;
}

/**
 * Calls `action` without any asynchronous context, whatever that of the caller is. What `action`
 * enters (`enterWith`) ends with it. A domain of the caller is left, too: resources that are made
 * inside it would enter it each time.
 */
export function withoutContext<T>(action: () => T): T {
  const { domain } = host;
  if (!domain) return runOnFreshResource(action);
  host.domain = null;
  try {
    return runOnFreshResource(action);
  } finally {
    host.domain = domain;
  }
}

function runOnFreshResource<T>(action: () => T): T {
  const resource = makeResource();
  const fields = resource as unknown as Record<symbol, unknown>;
  for (const symbol of Object.getOwnPropertySymbols(resource)) {
    if (typeof fields[symbol] !== 'number') fields[symbol] = undefined;
  }
  return resource.runInAsyncScope(action);
}

function makeResource(): AsyncResource {
  return new AsyncResource(TYPE, OPTIONS);
}

function readField(resource: AsyncResource, symbol: symbol): unknown {
  return (resource as unknown as Readonly<Record<symbol, unknown>>)[symbol];
}
