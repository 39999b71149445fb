/** What a signal stops. */
export interface Stoppable {
  stop(): unknown;
}

interface Group {
  readonly members: Set<Stoppable>;
  readonly stopAll: () => void;
}

/**
 * One listener for all workers of a signal: a signal with a listener for each of them takes longer
 * for every further one, and Node warns of a leak at the eleventh.
 */
const groups = new WeakMap<AbortSignal, Group>();

/** Lets the signal stop something when it is aborted. */
export function stopOnAbort(signal: AbortSignal, member: Stoppable): void {
  const group = groups.get(signal) ?? openGroup(signal);
  group.members.add(member);
}

/** Takes that back. Behind the last one the listener leaves the signal. */
export function forgetAbort(signal: AbortSignal, member: Stoppable): void {
  const group = groups.get(signal);
  if (group === undefined || !group.members.delete(member) || group.members.size > 0) return;
  signal.removeEventListener('abort', group.stopAll);
  groups.delete(signal);
}

function openGroup(signal: AbortSignal): Group {
  const members = new Set<Stoppable>();
  const stopAll = () => {
    for (const member of [...members]) member.stop();
  };
  const group = { members, stopAll };
  signal.addEventListener('abort', stopAll, { once: true });
  groups.set(signal, group);
  return group;
}
