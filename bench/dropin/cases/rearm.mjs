/** `timeout.refresh()`, as in the suite `timers`. */
import { groups as timerGroups } from '../../timers/cases/rearm.mjs';

export { columns, compared, run } from '../../timers/cases/rearm.mjs';

export const title = 'Refresh';

export function groups(options) {
  return timerGroups(options).map((group) => ({ ...group, peers: ['node-timers', 'backbeat'] }));
}
