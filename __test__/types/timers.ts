// Compiled, never run, with the types of several versions of Node: see timers/types.spec.ts. What
// programs do with Node's timers must compile with ours.
import { promisify } from 'node:util';
import { isRegistered, register, unregister } from 'backbeat/register';
import timers, {
  clearImmediate,
  clearInterval,
  clearTimeout,
  exact,
  promises,
  setImmediate,
  setInterval,
  setTimeout,
} from 'backbeat/timers';
import { setInterval as every, scheduler, setTimeout as wait } from 'backbeat/timers/promises';

class Connection {
  #timeout: NodeJS.Timeout | undefined;
  #interval: ReturnType<typeof globalThis.setInterval> | null = null;
  #own: ReturnType<typeof setTimeout> | undefined;

  open(onTimeout: (id: number, name: string) => void): this {
    this.#timeout = setTimeout(onTimeout, 1000, 7, 'name').unref();
    this.#interval = setInterval(() => this.#timeout?.refresh(), 100);
    this.#own = globalThis.setTimeout(() => {}, 5);
    return this;
  }

  close(): void {
    clearTimeout(this.#timeout);
    clearTimeout(this.#own);
    if (this.#interval !== null) clearInterval(this.#interval);
    globalThis.clearTimeout(this.#timeout);
  }
}

const timeout: NodeJS.Timeout = setTimeout(() => {});
const number: number = timeout[Symbol.toPrimitive]();
clearTimeout(number);
clearTimeout(String(number));
clearInterval(timeout);
const isHolding: boolean = timeout.ref().unref().hasRef();
const immediate: NodeJS.Immediate = setImmediate((value: string) => value.length, 'value');
clearImmediate(immediate);
const handles: NodeJS.Timeout[] = [
  exact.setTimeout(() => {}, 2 ** 40),
  exact.setInterval(() => {}, 0.5),
];
const table: Map<string, NodeJS.Timeout> = new Map(handles.map((handle) => ['name', handle]));

const waited: Promise<string> = wait(5, 'value', { signal: AbortSignal.timeout(5), ref: false });
const slept: Promise<void> = promises.scheduler.wait(5);
const yielded: Promise<void> = scheduler.yield();
const promised: Promise<string> = promisify(globalThis.setTimeout)(5, 'value');
for await (const value of every(5, 'value')) value.toUpperCase();
timers.clearTimeout(timers.setTimeout((text: string) => text, 5, 'text'));

if (isRegistered()) unregister();
else register();

// @ts-expect-error a callback is a function
setTimeout('code', 5);
// @ts-expect-error the arguments are those of the callback
setTimeout((text: string) => text, 5, 7);
// @ts-expect-error a delay is a number
wait('5');
// @ts-expect-error whether it holds the process is a boolean
wait(5, 'value', { ref: 'no' });
// @ts-expect-error there is nothing to choose
register({ globals: true });
// @ts-expect-error the state is not to be changed like this
isRegistered(true);
// @ts-expect-error a Timeout is cleared, not its callback
clearTimeout(() => {});

export const used: unknown[] = [Connection, isHolding, table, waited, slept, yielded, promised];
