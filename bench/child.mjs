/** One case for one peer in a process of its own. The result leaves through file descriptor 3. */
import { writeSync } from 'node:fs';
import { OthersLoad } from './measure/cpu.mjs';

const RESULT_FD = 3;
const { suite, caseName, peerName, params } = JSON.parse(process.argv[2]);

const { createPeer } = await import(`./${suite}/peers/${peerName}.mjs`);
const { run } = await import(`./${suite}/cases/${caseName}.mjs`);
const peer = await createPeer({ caseName });
const load = OthersLoad.start();
const figures = await run(peer, params);
writeSync(RESULT_FD, JSON.stringify({ ...figures, othersLoad: load.share() }));
process.exit(0);
