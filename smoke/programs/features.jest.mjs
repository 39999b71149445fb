import { runFeatures } from './features.mjs';

// Jest writes what a test logs in its own way; the process's output is not touched.
test('every feature', async () => {
  const outcomes = await runFeatures();
  process.stdout.write(`OUTCOMES ${JSON.stringify(outcomes)}\n`);
}, 60_000);
