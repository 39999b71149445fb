/** The results of a suite on disk: one entry per (case, variant), replaced when it is run again. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describeMachine } from './measure/machine.mjs';

function load(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { groups: {} };
}

function sameMachine(one, other) {
  return one.cpu === other.cpu && one.cores === other.cores && one.node === other.node;
}

export class ResultsFile {
  constructor(path) {
    this.path = path;
    this.machine = describeMachine();
    const stored = load(path);
    // Figures of another machine or Node version must not stand in one table with these.
    const keep = stored.machine !== undefined && sameMachine(stored.machine, this.machine);
    this.groups = keep ? stored.groups : {};
  }

  put(groupId, group) {
    this.groups[groupId] = group;
    const { machine, groups } = this;
    mkdirSync(dirname(this.path), { recursive: true });
    writeFileSync(`${this.path}.part`, `${JSON.stringify({ machine, groups }, rounded, 1)}\n`);
    renameSync(`${this.path}.part`, this.path);
  }

  /** The groups in the order of the plan, whatever order they were measured in. */
  inOrder(groupIds) {
    const ordered = groupIds.filter((id) => this.groups[id] !== undefined);
    return {
      machine: this.machine,
      groups: Object.fromEntries(ordered.map((id) => [id, this.groups[id]])),
    };
  }
}

function rounded(_key, value) {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value;
}
