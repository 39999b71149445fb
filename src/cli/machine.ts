import { availableParallelism } from 'node:os';

/** The machine and runtime that figures were measured on. */
export function machineLine(): string {
  const cpus = availableParallelism();
  return `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus} CPU${cpus === 1 ? '' : 's'}`;
}
