/** Starts a case in a fresh process and gives its figures, or the reason why there are none. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('../child.mjs', import.meta.url));
/** Left out of every reason: results are kept, and where they were made is nobody's business. */
const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const HEAP_MB = 8192;
const RESULT_FD = 3;
const NODE_FLAGS = ['--expose-gc', `--max-old-space-size=${HEAP_MB}`];
const STDERR_KEPT = 20_000;

function reasonFor({ timedOut, timeLimitS, code, signal, stderr }) {
  if (timedOut) return `over ${timeLimitS} s`;
  if (stderr.includes('heap out of memory')) return `out of memory (${HEAP_MB / 1024} GB heap)`;
  const thrown = /^(?:Uncaught )?(\w*Error\b.*)$/m.exec(stderr.replaceAll(PROJECT, ''));
  if (thrown !== null) return thrown[1].slice(0, 160);
  return signal === null ? `ended with code ${code}` : `ended by ${signal}`;
}

/** @returns {Promise<{ figures?: object, failure?: string }>} */
export function runInFreshProcess(job, timeLimitS) {
  const child = spawn(process.execPath, [...NODE_FLAGS, CHILD, JSON.stringify(job)], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  let timedOut = false;
  let stderr = '';
  let result = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    if (stderr.length < STDERR_KEPT) stderr += text;
  });
  child.stdio[RESULT_FD].setEncoding('utf8').on('data', (text) => {
    result += text;
  });
  const limit = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, timeLimitS * 1000);
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ failure: error.message }));
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      if (code === 0 && result !== '') resolve({ figures: JSON.parse(result) });
      else resolve({ failure: reasonFor({ timedOut, timeLimitS, code, signal, stderr }) });
    });
  });
}
