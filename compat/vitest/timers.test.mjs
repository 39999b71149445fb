import nodeTimers from 'node:timers';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => vi.useRealTimers());

test('the timers are the ones that were asked for', () => {
  const isRegistered = setTimeout[Symbol.for('backbeat.register')] === true;
  expect(isRegistered).toBe(process.execArgv.some((flag) => flag.includes('register')));
});

test('fake timers run by hand', () => {
  vi.useFakeTimers();
  const callback = vi.fn();
  setTimeout(callback, 60_000, 'argument');
  const interval = setInterval(callback, 45_000);
  vi.advanceTimersByTime(60_000);
  clearInterval(interval);
  vi.runAllTimers();
  expect(callback.mock.calls).toEqual([[], ['argument']]);
});

test('async advancing waits for promises', async () => {
  vi.useFakeTimers();
  const order = [];
  setTimeout(async () => {
    await Promise.resolve();
    order.push('first');
    setTimeout(() => order.push('second'), 10);
  }, 10);
  await vi.advanceTimersByTimeAsync(20);
  expect(order).toEqual(['first', 'second']);
});

test('real timers are given back', async () => {
  const before = [setTimeout, setInterval, nodeTimers.setTimeout];
  vi.useFakeTimers();
  expect(setTimeout).not.toBe(before[0]);
  vi.useRealTimers();
  expect([setTimeout, setInterval, nodeTimers.setTimeout]).toEqual(before);
  await new Promise((resolve) => setTimeout(resolve, 5));
});

test('a real timer runs while the clock is faked', async () => {
  const real = setTimeout;
  vi.useFakeTimers();
  await new Promise((resolve) => real(resolve, 5));
});

test('waitFor polls with real timers', async () => {
  let ready = false;
  setTimeout(() => {
    ready = true;
  }, 20);
  await vi.waitFor(() => expect(ready).toBe(true), { interval: 5 });
});
