// Recorded scenarios of one worker in time: on the manual clock the starts must be the ideal ones,
// exactly; in real time within the recorded tolerance, and never early.
import test from 'ava';
import {
  headlines,
  poolInRealTime,
  poolOnManualClock,
  recordLog,
} from '../fixtures/pool-on-manual-clock.ts';
import { type Scenario, scenario } from './recorded.ts';
import { replayExactly, replayInRealTime } from './replay.ts';

const WATCHED = [
  '001-start-with-delay',
  '001-ontime-busy-half',
  '001-overrun-dismiss',
  '001-overrun-afterrun',
  '001-overrun-afterrun-past',
  '001-always-overrun-dismiss',
  '001-always-overrun-catchup',
  '001-maxcount-zero',
  '001-maxcount-one',
  '001-catchup-maxcount',
];
const STEERED = ['001-double-start-dispose-off', '001-pause-unpause', '001-unpause-immediately'];
const RETRIED = ['001-exception-ignore-retries'];
const IN_REAL_TIME = [
  '001-start-with-delay',
  '001-ontime-busy-half',
  '001-overrun-dismiss',
  '001-overrun-afterrun',
  '001-always-overrun-catchup',
];
const ATTEMPTS = 3;

for (const id of [...WATCHED, ...STEERED, ...RETRIED]) {
  test.serial(`${id}: starts exactly at the ideal instants`, (t) => {
    const recorded = scenario(id);
    recordLog(t);
    const { startsUnits } = replayExactly(recorded, poolOnManualClock(t));
    t.deepEqual(startsUnits, recorded.ideal.startsUnits);
  });
}

for (const id of WATCHED) {
  test.serial(`${id}: one run at a time, and the same state at the end`, (t) => {
    recordLog(t);
    const { observed } = scenario(id);
    const replay = replayExactly(scenario(id), poolOnManualClock(t));
    const { worker, maxConcurrent, runningBeforeStop, inPoolAfter } = replay;
    t.deepEqual(
      { runs: worker.numberOfRuns, maxConcurrent, runningBeforeStop, inPoolAfter },
      {
        runs: observed.runs,
        maxConcurrent: observed.maxConcurrent,
        runningBeforeStop: observed.runningBeforeStop,
        inPoolAfter: observed.inPoolAfter,
      },
    );
  });
}

for (const id of [...WATCHED, ...RETRIED, '001-double-start-dispose-off']) {
  test.serial(`${id}: the same lines in the log`, (t) => {
    const log = recordLog(t);
    replayExactly(scenario(id), poolOnManualClock(t));
    t.deepEqual(headlines(log), scenario(id).observed.logs);
  });
}

test.serial(
  '001-double-start-dispose-off: counts runs from the second start, stays in the pool',
  (t) => {
    recordLog(t);
    const { observed } = scenario('001-double-start-dispose-off');
    const { worker, inPoolAfter } = replayExactly(
      scenario('001-double-start-dispose-off'),
      poolOnManualClock(t),
    );
    t.is(worker.numberOfRuns, observed.numberOfRuns);
    t.is(inPoolAfter, observed.inPool);
  },
);

for (const id of IN_REAL_TIME) {
  test.serial(`${id}: starts within the tolerance in real time`, async (t) => {
    poolInRealTime(t);
    recordLog(t);
    const latenesses: number[] = [];
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { startsUnits } = await replayInRealTime(scenario(id));
      const late = latenessUnits(scenario(id), startsUnits);
      t.true(Math.min(...late) >= 0, `early by ${Math.min(...late)} units`);
      latenesses.push(Math.max(...late));
      if (Math.max(...late) <= (scenario(id).tolerance?.units ?? 0)) return;
    }
    t.fail(`late by ${latenesses.join(', ')} units in ${ATTEMPTS} attempts`);
  });
}

function latenessUnits({ ideal }: Scenario, startsUnits: number[]): number[] {
  if (startsUnits.length !== ideal.startsUnits.length) return [Number.POSITIVE_INFINITY];
  return startsUnits.map((units, run) => units - ideal.startsUnits[run]);
}
