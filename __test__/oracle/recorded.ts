/**
 * What the original did: ACME-oneM2M-CSE, module BackgroundWorker, run unmodified. Every scenario
 * says by `provenance` that it was observed; `ideal` is the timing without the machine's noise.
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

interface Recording {
  readonly origin: string;
  /** All scenarios that were recorded. */
  readonly ids: readonly string[];
  /** Those that need no thread lane. */
  readonly scenarios: readonly Scenario[];
}

const file = new URL('../fixtures/oracle-001.json', import.meta.url);
export const recording: Recording = JSON.parse(readFileSync(file, 'utf8'));

/** The scenario of that name. */
export function scenario(id: string): Scenario {
  const found = recording.scenarios.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no recorded scenario ${id}`);
  return found;
}
