import test from 'ava';
import { parseLogLine, readAccessLog } from '../src/cli/replay/access-log.ts';
import { fixture } from './fixtures/cli-program.ts';

const LINE =
  '83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203023 "-" "Mozilla/5.0"';

test('a line gives client and time', (t) => {
  t.deepEqual(parseLogLine(LINE), {
    client: '83.149.9.216',
    timeSeconds: Date.UTC(2015, 4, 17, 10, 5, 3) / 1000,
  });
});

test('the time zone counts', (t) => {
  t.is(
    parseLogLine(LINE.replace('+0000', '-0330'))?.timeSeconds,
    Date.UTC(2015, 4, 17, 13, 35, 3) / 1000,
  );
});

test('a common log line without referrer and agent is a request', (t) => {
  t.truthy(parseLogLine('host - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.0" 304 -\r'));
});

test('a line cut off after the status is a request', (t) => {
  t.truthy(parseLogLine(LINE.slice(0, -10)));
});

test('quotes within the request do not end it', (t) => {
  t.truthy(parseLogLine(LINE.replace('GET /', 'GET /\\"x\\" ] [')));
});

for (const [what, line] of [
  ['an empty line', ''],
  ['a line without a status', LINE.slice(0, LINE.indexOf(' 200'))],
  ['a day that does not exist', LINE.replace('17/May', '31/Jun')],
  ['a month that does not exist', LINE.replace('May', 'Mai')],
  ['an hour that does not exist', LINE.replace(':10:', ':24:')],
  ['a line without a client', LINE.slice(LINE.indexOf(' '))],
] as const) {
  test(`no request: ${what}`, (t) => {
    t.is(parseLogLine(line), undefined);
  });
}

test('requests are sorted by time, and lines of one second keep their order', async (t) => {
  const log = await readAccessLog(fixture('cli-unordered.log'));
  const first = Date.UTC(2015, 4, 17, 10, 0, 0) / 1000;
  t.deepEqual(
    Array.from(log.timesSeconds, (time) => time - first),
    [0, 1, 5, 35],
  );
  t.deepEqual([...log.clients], [0, 1, 0, 0]);
  t.is(log.clientCount, 2);
});

test('bad lines are counted and kept to be shown, blank ones are not', async (t) => {
  const log = await readAccessLog(fixture('cli-unordered.log'));
  t.is(log.badLines, 2);
  t.deepEqual(log.badSamples[0], { lineNumber: 3, text: 'this line is no request' });
});
