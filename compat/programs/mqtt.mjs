import { createServer } from 'node:net';
import aedes from 'aedes';
import mqtt from 'mqtt';
import { check, finish, next } from '../checks.mjs';

const { createBroker = aedes } = aedes;
const broker = await createBroker({ connectTimeout: 200 });
const server = createServer(broker.handle).listen(0, '127.0.0.1');
await next(server, 'listening');
const { port } = server.address();
const url = `mqtt://127.0.0.1:${port}`;

await check('publish and subscribe', async () => {
  const client = await mqtt.connectAsync(url);
  await client.subscribeAsync('topic', { qos: 1 });
  const received = next(client, 'message');
  await client.publishAsync('topic', 'hello', { qos: 1 });
  const [topic, payload] = await received;
  await client.endAsync();
  return [topic, String(payload)];
});

await check('keepalive pings an idle connection', async () => {
  const pinged = next(broker, 'ping');
  const client = await mqtt.connectAsync(url, { keepalive: 1 });
  const [packet] = await pinged;
  await client.endAsync();
  return packet.cmd;
});

await check('a client that falls silent is dropped, and its will is published', async () => {
  const watcher = await mqtt.connectAsync(url);
  await watcher.subscribeAsync('will');
  const received = next(watcher, 'message');
  const client = await mqtt.connectAsync(url, {
    keepalive: 1,
    reschedulePings: false,
    reconnectPeriod: 0,
    will: { topic: 'will', payload: 'gone', qos: 0, retain: false },
  });
  client.keepaliveManager?.destroy();
  const [topic, payload] = await received;
  client.end(true);
  await watcher.endAsync();
  return [topic, String(payload)];
});

await check('the client comes back after the reconnect period', async () => {
  const client = await mqtt.connectAsync(url, { reconnectPeriod: 30 });
  const reconnecting = next(client, 'reconnect');
  client.stream.destroy();
  await reconnecting;
  await next(client, 'connect');
  const { connected } = client;
  await client.endAsync();
  return connected;
});

await check('a broker that does not answer', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await next(silent, 'listening');
  const client = mqtt.connect(`mqtt://127.0.0.1:${silent.address().port}`, {
    connectTimeout: 50,
    reconnectPeriod: 0,
  });
  const [error] = await next(client, 'error');
  client.end(true);
  return error.message;
});

await check('a connection that says nothing is closed by the broker', async () => {
  const { connect } = await import('node:net');
  const socket = connect(port, '127.0.0.1');
  await next(socket.resume(), 'close');
  return socket.destroyed;
});

finish();
