/** Recorded runs of the originals that need threads: bg_invoke (002) and OrderedItemProducer (004). */
import { readFileSync } from 'node:fs';
import type { Scenario } from './recorded.ts';

interface ThreadRecording {
  readonly origin: string;
  readonly ids: readonly string[];
  readonly scenarios: readonly Scenario[];
}

export const recordings: readonly ThreadRecording[] = ['002', '004'].map((system) => {
  const file = new URL(`../fixtures/oracle-${system}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
});

/** The scenario of that name. */
export function threadScenario(id: string): Scenario {
  for (const { scenarios } of recordings) {
    const found = scenarios.find((scenario) => scenario.id === id);
    if (found !== undefined) return found;
  }
  throw new Error(`no recorded scenario ${id}`);
}
