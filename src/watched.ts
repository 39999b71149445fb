/** Modules inside that tests look at, as the instances that programs use. Not published. */
export { channelHub } from './channel/channel-hub.ts';
export { laneClient } from './lane/lane-client.ts';
