/** The same calls of the same globals, after `backbeat/register`. The harness waits by them, too. */
import { createPeer as createNodePeer } from '../../timers/peers/node-timers.mjs';

const REGISTER = new URL('../../../dist/timers/register.js', import.meta.url);

export async function createPeer() {
  await import(REGISTER);
  return { ...createNodePeer(), isRegistered: true };
}
