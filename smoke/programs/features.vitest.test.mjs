import { test } from 'vitest';
import { runFeatures } from './features.mjs';

test('every feature', { timeout: 60_000 }, async () => {
  const outcomes = await runFeatures();
  process.stdout.write(`OUTCOMES ${JSON.stringify(outcomes)}\n`);
});
