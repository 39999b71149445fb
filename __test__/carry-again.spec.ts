// A function that is carried again: the same object while nothing can have changed, else a new one.
import test from 'ava';
import { carry } from '../src/lane/carried-function.ts';
import { inspectedFunctions } from '../src/lane/closure-values.ts';
import { revive } from '../src/lane/revive-function.ts';
import type { AnyFunction } from '../src/lane/thread-task.ts';

test('constants: the same object', (t) => {
  const factor = 3;
  const frozen = Object.freeze({ list: Object.freeze([1]) });
  const helper = (n: number): number => n * factor;
  const fn = (): number => helper(frozen.list[0] as number);
  t.is(carry(fn), carry(fn));
});

test('constants: nothing is read again', (t) => {
  const factor = 3;
  const fn = (): number => factor;
  carry(fn);
  const before = inspectedFunctions();
  carry(fn);
  t.is(inspectedFunctions(), before);
});

test('a function without free variables is never looked at through the inspector', (t) => {
  const before = inspectedFunctions();
  const texts = [
    '(a, b) => a + b',
    'function (a) { const b = a; return b; }',
    '({ m(a) { return a; } }).m',
  ];
  for (const text of texts) carry(new Function(`return ${text}`)());
  t.is(inspectedFunctions(), before);
});

test('a variable that is assigned to is read at each call', (t) => {
  let setting = 1;
  const fn = (): number => setting;
  const first = carry(fn);
  t.is(carry(fn), first);
  setting = 2;
  const second = carry(fn);
  t.not(second, first);
  t.is(reviveHere(first.definition)(), 1);
  t.is(reviveHere(second.definition)(), 2);
});

test('an enum, as TypeScript compiles it, is a constant', (t) => {
  const text = `
    var Level;
    (function (Level) { Level[Level['low'] = 0] = 'low'; })(Level || (Level = {}));
    return () => Level.low;`;
  const fn = new Function(text)() as AnyFunction;
  t.is(reviveHere(carry(fn).definition)(), 0);
  const before = inspectedFunctions();
  carry(fn);
  t.is(inspectedFunctions(), before);
});

test('a variable of a captured function is read at each call', (t) => {
  let setting = 1;
  const inner = (): number => setting;
  const fn = (): number => inner();
  carry(fn);
  setting = 2;
  t.is(reviveHere(carry(fn).definition)(), 2);
});

test('a constant whose declaration comes later is read when it is there', (t) => {
  const fn = (): number | undefined => later;
  const before = reviveHere(carry(fn).definition)();
  const later = 5;
  t.is(before, undefined);
  t.is(reviveHere(carry(fn).definition)(), 5);
});

test('a changed object is seen, and the same contents again are the same object', (t) => {
  const state = { items: [1, 2] };
  const fn = (): number => state.items.length;
  const first = carry(fn);
  t.is(carry(fn), first);
  state.items.push(3);
  const second = carry(fn);
  t.not(second, first);
  t.is(reviveHere(second.definition)(), 3);
  t.is(carry(fn), second);
});

test('a changed map, instance, typed array and function in data are seen', (t) => {
  class Counter {
    count = 0;
  }
  const map = new Map<string, unknown>();
  const instance = new Counter();
  const bytes = new Uint8Array(2);
  const table = { fn: () => 1 };
  const fn = (): unknown => [map.size, instance.count, bytes[0], table.fn()];
  t.deepEqual(reviveHere(carry(fn).definition)(), [0, 0, 0, 1]);
  map.set('a', 1);
  t.deepEqual(reviveHere(carry(fn).definition)(), [1, 0, 0, 1]);
  instance.count = 2;
  t.deepEqual(reviveHere(carry(fn).definition)(), [1, 2, 0, 1]);
  bytes[0] = 3;
  t.deepEqual(reviveHere(carry(fn).definition)(), [1, 2, 3, 1]);
  table.fn = () => 4;
  t.deepEqual(reviveHere(carry(fn).definition)(), [1, 2, 3, 4]);
});

test('a changed static member is seen', (t) => {
  class Settings {
    static level = 1;
  }
  const fn = (): number => Settings.level;
  carry(fn);
  Settings.level = 2;
  t.is(reviveHere(carry(fn).definition)(), 2);
});

test('data that can no longer be carried is refused then', (t) => {
  const state: { a: number; pending?: Promise<void> } = { a: 1 };
  const fn = (): unknown => state;
  carry(fn);
  state.pending = Promise.resolve();
  t.throws(() => carry(fn), { code: 'BACKBEAT_CAPTURE', message: /state\.pending: a Promise/ });
});

test('shared memory does not change with its contents', (t) => {
  const memory = new SharedArrayBuffer(4);
  const fn = (): number => memory.byteLength;
  const first = carry(fn);
  new Uint8Array(memory)[0] = 1;
  t.is(carry(fn), first);
});

test('explicit captures need no inspector', (t) => {
  const before = inspectedFunctions();
  const fn = new Function('return (n) => n * factor')() as AnyFunction;
  const captures = { factor: 4 };
  const carried = carry(fn, captures);
  t.is(reviveHere(carried.definition)(2), 8);
  t.is(carry(fn, captures), carried);
  t.is(inspectedFunctions(), before);
});

test('a changed capture is seen', (t) => {
  const fn = new Function('return (n) => n * factor')() as AnyFunction;
  const captures = { factor: 4 };
  carry(fn, captures);
  captures.factor = 5;
  t.is(reviveHere(carry(fn, captures).definition)(2), 10);
});

test('names that are neither given nor global are refused', (t) => {
  const fn = new Function('return (n) => Math.abs(n) * factor')() as AnyFunction;
  t.throws(() => carry(fn, {}), {
    code: 'BACKBEAT_CAPTURE',
    message:
      /factor: it is neither in captures nor a global; give it by name: captures: \{ factor \}/,
  });
});

test('revive is synchronous where nothing has to be imported', (t) => {
  const data = new Map([['a', () => 1]]);
  t.is(typeof revive(carry(() => data).definition), 'function');
});

function reviveHere(definition: unknown): AnyFunction {
  const revived = revive(definition);
  if (revived instanceof Promise) throw new Error('the function has to be awaited');
  return revived;
}
