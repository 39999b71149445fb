import { createServer } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { check, finish, next, until } from '../checks.mjs';

const HEARTBEAT_MS = 150;
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
await next(server, 'listening');
const address = `ws://127.0.0.1:${server.address().port}`;
let pings = 0;
server.on('connection', (socket) => {
  socket.isAlive = true;
  socket.on('pong', () => {
    socket.isAlive = true;
  });
});
// The documented way to find broken connections.
const heartbeat = setInterval(() => {
  for (const socket of server.clients) {
    if (!socket.isAlive) {
      socket.terminate();
      continue;
    }
    socket.isAlive = false;
    socket.ping();
    pings++;
  }
}, HEARTBEAT_MS);
server.on('close', () => clearInterval(heartbeat));

await check('a client that answers stays', async () => {
  const client = new WebSocket(address);
  await next(client, 'open');
  await until(() => pings >= 4);
  const state = client.readyState;
  client.close();
  await next(client, 'close');
  return state;
});

await check('a client that does not answer is ended', async () => {
  const client = new WebSocket(address, { autoPong: false });
  const [code] = await next(client, 'close');
  return code;
});

await check('a handshake without an answer ends in time', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await next(silent, 'listening');
  const target = `ws://127.0.0.1:${silent.address().port}`;
  const [error] = await next(new WebSocket(target, { handshakeTimeout: 30 }), 'error');
  return error.message;
});

await check('the documented client side of a heartbeat', async () => {
  const client = new WebSocket(address);
  let timeout;
  const expectPing = () => {
    clearTimeout(timeout);
    timeout = setTimeout(() => client.terminate(), 20 * HEARTBEAT_MS);
  };
  client.on('open', expectPing);
  client.on('ping', expectPing);
  const ended = next(client, 'close');
  await next(client, 'ping');
  clearInterval(heartbeat);
  const [code] = await ended;
  return code;
});

finish();
