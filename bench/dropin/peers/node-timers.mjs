/** Node's own timers, by the globals. */
export { createPeer } from '../../timers/peers/node-timers.mjs';
