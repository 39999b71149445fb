import { createRequire } from 'node:module';
import nodeTimers from 'node:timers';
import FakeTimers from '@sinonjs/fake-timers';
import { check, finish } from '../checks.mjs';

const require = createRequire(import.meta.url);
const look = () => [setTimeout, setInterval, clearTimeout, nodeTimers.setTimeout, performance.now];

await check('a fake clock runs the timers', async () => {
  const clock = FakeTimers.install();
  const seen = [];
  setTimeout(() => seen.push(['once', Date.now()]), 60_000);
  const interval = setInterval(() => seen.push(['again', Date.now()]), 25_000);
  clearTimeout(setTimeout(() => seen.push('never'), 10));
  clock.tick(60_000);
  clearInterval(interval);
  await clock.tickAsync(60_000);
  clock.uninstall();
  return seen;
});

await check('what was there is given back', () => {
  const before = look();
  const clock = FakeTimers.install();
  const during = look();
  clock.uninstall();
  const same = look().every((value, at) => value === before[at]);
  return [same, during[0] === before[0], during[3] === before[3]];
});

await check('real timers run while the clock is faked, and after', async () => {
  const real = setTimeout;
  const order = [];
  const pending = new Promise((resolve) => real(() => resolve(order.push('before')), 20));
  const clock = FakeTimers.install();
  await pending;
  await new Promise((resolve) => real(() => resolve(order.push('during')), 5));
  clock.uninstall();
  await new Promise((resolve) => setTimeout(() => resolve(order.push('after')), 5));
  return order;
});

await check('node:timers is faked for require and promises too', async () => {
  const clock = FakeTimers.install();
  const seen = [];
  require('node:timers').setTimeout(() => seen.push('required'), 1000);
  const waiting = require('node:timers/promises').setTimeout(1000, 'promised');
  waiting.then((value) => seen.push(value));
  await clock.tickAsync(1000);
  clock.uninstall();
  return seen;
});

await check('shouldAdvanceTime advances by real time', async () => {
  const clock = FakeTimers.install({ shouldAdvanceTime: true, advanceTimeDelta: 5 });
  await new Promise((resolve) => setTimeout(resolve, 30));
  clock.uninstall();
  return 'advanced';
});

finish();
