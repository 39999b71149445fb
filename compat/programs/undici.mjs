import { createServer } from 'node:http';
import { Agent, RetryAgent, request } from 'undici';
import { check, finish, next, notBefore, now, sleep } from '../checks.mjs';

let failures = 0;
const server = createServer(async (incoming, response) => {
  if (incoming.url === '/silent') return;
  if (incoming.url === '/half') {
    response.write('half');
    return;
  }
  if (incoming.url === '/fails-twice' && failures++ < 2) response.statusCode = 503;
  if (incoming.url === '/slow') await sleep(30);
  response.end('whole');
});
server.listen(0, '127.0.0.1');
await next(server, 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;
const dispatcher = new Agent({ headersTimeout: 300, bodyTimeout: 300, keepAliveTimeout: 50 });

await check('an answer in time', async () => {
  const { statusCode, body } = await request(`${origin}/slow`, { dispatcher });
  return [statusCode, await body.text()];
});

await check('no head in time', async () => {
  const startMs = now();
  try {
    await request(`${origin}/silent`, { dispatcher });
  } catch ({ code }) {
    return [code, notBefore(startMs, 300)];
  }
});

await check('a body that stops', async () => {
  const { body } = await request(`${origin}/half`, { dispatcher });
  await body.text();
});

await check('a signal with a time-out', () =>
  request(`${origin}/silent`, { signal: AbortSignal.timeout(30) }),
);

await check('tries again', async () => {
  const agent = new RetryAgent(new Agent(), { maxRetries: 3, minTimeout: 5, timeoutFactor: 1 });
  const { statusCode, body } = await request(`${origin}/fails-twice`, { dispatcher: agent });
  return [statusCode, await body.text(), failures];
});

await check('idle sockets are closed after the keep-alive time', async () => {
  let closed = 0;
  const agent = new Agent({ keepAliveTimeout: 40, keepAliveTimeoutThreshold: 0 });
  agent.on('disconnect', () => closed++);
  const disconnected = next(agent, 'disconnect');
  const { body } = await request(`${origin}/`, { dispatcher: agent });
  await body.text();
  await disconnected;
  return closed;
});

finish();
