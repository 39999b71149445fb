// How far a run is: bars on a terminal, lines elsewhere.
import { PassThrough } from 'node:stream';
import test from 'ava';
import { createProgress, type Progress } from '../src/cli/progress.ts';

/** What is written to a terminal, or to a pipe, without the codes that move the cursor. */
function written(isTTY: boolean, work: (progress: Progress) => void): string {
  const stream = new PassThrough();
  const terminal = Object.assign(stream, { isTTY, columns: 100, rows: 20, fd: 2 });
  work(createProgress(terminal as unknown as NodeJS.WriteStream));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the codes of a terminal
  return String(stream.read() ?? '').replace(/\u001b(?:\[[\d;?]*[A-Za-z]|[78])/g, '\r');
}

test('a bar ends at what was reached, and what follows stands apart', (t) => {
  const text = written(true, (progress) => {
    progress.stage('counting', 4);
    progress.update(3);
    progress.end();
    progress.end();
  });
  t.regex(text, /counting .* 75% {2}3 of 4[\r\n]+$/);
  t.is(text.match(/\n/g)?.length, 2);
});

test('one bar follows the other without a gap', (t) => {
  const text = written(true, (progress) => {
    progress.stage('first', 1);
    progress.update(1);
    progress.stage('second', 1);
    progress.end();
  });
  t.regex(text, /first .*1 of 1\r*\n\r*second/);
});

test('a pipe gets one line per stage', (t) => {
  const text = written(false, (progress) => {
    progress.stage('counting', 4000);
    progress.update(3);
    progress.end();
  });
  t.is(text, 'counting (4,000)\n');
});
