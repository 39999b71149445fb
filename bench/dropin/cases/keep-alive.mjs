/**
 * The time-outs of a keep-alive server with ten thousand connections. For each request a connection
 * refreshes its inactivity time-out, clears its keep-alive time-out, arms one for the request,
 * clears that when the answer is out and arms the keep-alive one again.
 *
 * `pattern`: that alone, a million times. `http`: a real server on the loopback, whose requests
 * stand for the connections in turn; clients and server are this process.
 */
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { CpuReading } from '../../measure/cpu.mjs';
import { uniformIndexes } from '../../measure/random.mjs';
import { warmUpChurn } from '../../timers/warm-up.mjs';

export const title = 'Keep-alive server: the time-outs of 10 k connections';
const CONNECTIONS = 10_000;
const INACTIVITY_MS = 120_000;
const KEEP_ALIVE_MS = 65_000;
const REQUEST_MS = 30_000;
const PER_TURN = 100;
const CLIENTS = 32;
const SETTLE_MS = 60;

export function groups({ quick }) {
  const variant = (kind, requests) => ({
    variant: kind,
    params: { kind, requests },
    peers: ['node-timers', 'backbeat'],
    timeLimitS: { other: 90 },
  });
  return quick
    ? [variant('pattern', 100_000), variant('http', 2_000)]
    : [variant('pattern', 1_000_000), variant('http', 30_000)];
}

export const compared = 'cpuNs';

export const columns = [
  { key: 'cpuNs', label: 'CPU ns per request' },
  { key: 'wallNs', label: 'wall ns' },
  { key: 'mainCpuNs', label: 'of it main thread' },
  { key: 'fired', label: 'timed out' },
];

class Connection {
  constructor(onTimeout) {
    this.onTimeout = onTimeout;
    this.inactivity = setTimeout(onTimeout, INACTIVITY_MS);
    this.keepAlive = setTimeout(onTimeout, KEEP_ALIVE_MS);
    this.request = undefined;
  }

  begin() {
    this.inactivity.refresh();
    clearTimeout(this.keepAlive);
    this.request = setTimeout(this.onTimeout, REQUEST_MS);
  }

  end() {
    clearTimeout(this.request);
    this.inactivity.refresh();
    this.keepAlive = setTimeout(this.onTimeout, KEEP_ALIVE_MS);
  }
}

async function runPattern(connections, order) {
  for (let from = 0; from < order.length; from += PER_TURN) {
    const to = Math.min(from + PER_TURN, order.length);
    for (let at = from; at < to; at++) connections[order[at]].begin();
    for (let at = from; at < to; at++) connections[order[at]].end();
    await nextTurn();
  }
}

async function runHttp(connections, order) {
  let next = 0;
  const server = createServer((_request, response) => {
    const connection = connections[order[next++]];
    connection.begin();
    response.on('finish', () => connection.end());
    response.end('ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const { port } = server.address();
  const options = { host: '127.0.0.1', port, agent };
  const request = () =>
    new Promise((resolve, reject) => {
      get(options, (answer) => answer.resume().on('end', resolve)).on('error', reject);
    });
  let sent = 0;
  const client = async () => {
    while (sent++ < order.length) await request();
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  agent.destroy();
  server.close();
}

const KINDS = { pattern: runPattern, http: runHttp };

export async function run(peer, { kind, requests, seed }) {
  let fired = 0;
  const onTimeout = () => {
    fired++;
  };
  await warmUpChurn(peer);
  const connections = Array.from({ length: CONNECTIONS }, () => new Connection(onTimeout));
  await KINDS[kind](connections, uniformIndexes(seed, requests / 10, CONNECTIONS));
  const order = uniformIndexes(seed + 1, requests, CONNECTIONS);
  globalThis.gc();
  await sleep(SETTLE_MS);

  const start = new CpuReading();
  await KINDS[kind](connections, order);
  const { wallMs } = new CpuReading().since(start);
  await sleep(SETTLE_MS);
  const { cpuNs, mainCpuNs } = new CpuReading().since(start);
  return {
    cpuNs: cpuNs / requests,
    wallNs: (wallMs * 1e6) / requests,
    mainCpuNs: mainCpuNs / requests,
    fired,
  };
}
