/** What the figures were measured on. */
import { arch, cpus, platform, release, totalmem } from 'node:os';

export function describeMachine() {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()} ${release().split('-', 1)[0]}`,
    node: process.version,
    v8: process.versions.v8,
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
  };
}
