import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { check, finish, next, until } from '../checks.mjs';

const http = createServer().listen(0, '127.0.0.1');
await next(http, 'listening');
const { port } = http.address();
const server = new Server(http, { pingInterval: 40, pingTimeout: 2000 });
server.on('connection', (socket) => {
  socket.on('echo', (value, answer) => setTimeout(answer, 5, value));
  socket.on('silent', () => {});
});
const connect = (options) =>
  io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true, ...options });

await check('an acknowledgement', async () => {
  const client = connect();
  const value = await client.timeout(5000).emitWithAck('echo', 'value');
  client.close();
  return value;
});

await check('an acknowledgement that does not come', async () => {
  const client = connect();
  await next(client, 'connect');
  try {
    await client.timeout(30).emitWithAck('silent');
  } finally {
    client.close();
  }
});

await check('pings go on', async () => {
  const client = connect();
  let pings = 0;
  client.io.on('ping', () => pings++);
  await until(() => pings >= 3);
  const { connected } = client;
  client.close();
  return connected;
});

await check('a client that does not answer pings is dropped', async () => {
  const impatient = new Server({ pingInterval: 30, pingTimeout: 60 });
  const own = createServer().listen(0, '127.0.0.1');
  await next(own, 'listening');
  impatient.attach(own);
  const accepted = new Promise((resolve) => impatient.on('connection', resolve));
  const client = io(`http://127.0.0.1:${own.address().port}`, {
    transports: ['websocket'],
    reconnection: false,
  });
  await next(client, 'connect');
  client.io.engine.transport.send = () => {};
  const socket = await accepted;
  const [reason] = await next(socket, 'disconnect');
  client.close();
  return reason;
});

await check('the client comes back', async () => {
  const client = connect({ reconnectionDelay: 10, reconnectionDelayMax: 20 });
  await next(client, 'connect');
  const attempts = [];
  client.io.on('reconnect_attempt', (attempt) => attempts.push(attempt));
  client.io.engine.close();
  await next(client.io, 'reconnect');
  client.close();
  return attempts;
});

await check('the client gives up', async () => {
  const client = io('http://127.0.0.1:9', {
    transports: ['websocket'],
    reconnectionDelay: 5,
    reconnectionDelayMax: 10,
    reconnectionAttempts: 3,
  });
  await next(client.io, 'reconnect_failed');
  return client.connected;
});

finish();
