/**
 * What the originals did when they were run. Every scenario says by `provenance` that it was
 * observed; `ideal` is the timing without the machine's noise.
 */
import { readFileSync } from 'node:fs';

/** One recorded scenario. */
export interface Scenario {
  readonly id: string;
  readonly kind: 'contract' | 'quirk' | 'bug';
  readonly description: string;
  // biome-ignore lint/suspicious/noExplicitAny: each scenario has inputs of its own
  readonly inputs: any;
  // biome-ignore lint/suspicious/noExplicitAny: and observations
  readonly observed: any;
  // biome-ignore lint/suspicious/noExplicitAny: and ideals
  readonly ideal?: any;
  readonly tolerance?: { readonly units: number };
  readonly provenance: 'ran';
}

export interface Recording {
  readonly origin: string;
  /** All scenarios that were recorded. */
  readonly ids: readonly string[];
  /** Those that are replayed. */
  readonly scenarios: readonly Scenario[];
}

/** By number of the system: 000 generators, 001 the pool, 003 spawned generators. */
export const recordings: Readonly<Record<'000' | '001' | '003', Recording>> = {
  '000': read('000'),
  '001': read('001'),
  '003': read('003'),
};

/** That of the pool. */
export const recording: Recording = recordings['001'];

/** The scenario of that name. */
export function scenario(id: string): Scenario {
  const found = Object.values(recordings)
    .flatMap(({ scenarios }) => scenarios)
    .find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no recorded scenario ${id}`);
  return found;
}

function read(system: string): Recording {
  const file = new URL(`../fixtures/oracle-${system}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}
