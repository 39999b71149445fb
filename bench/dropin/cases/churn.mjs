/** `clearTimeout(setTimeout())` and clearing among live ones, as in the suite `timers`. */
import { groups as timerGroups } from '../../timers/cases/churn.mjs';

export { columns, compared, run } from '../../timers/cases/churn.mjs';

export const title = 'Insert and clear';
const VARIANTS = ['pair', 'batch', 'rolling', 'rolling-same', 'beside-1M'];

export function groups(options) {
  return timerGroups(options)
    .filter(({ variant }) => VARIANTS.includes(variant))
    .map((group) => ({ ...group, peers: ['node-timers', 'backbeat'] }));
}
