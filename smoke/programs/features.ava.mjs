import test from 'ava';
import { runFeatures } from './features.mjs';

test('every feature', async (t) => {
  const outcomes = await runFeatures();
  console.log(`OUTCOMES ${JSON.stringify(outcomes)}`);
  t.pass();
});
