/** What the processor promises of the order in which other threads see our stores. */

/**
 * What is read behind a store (the announced wake-up behind the tail, the clock behind the end of a
 * tick) must not be read before others see the store. On x64 an atomic store is a full barrier;
 * elsewhere it takes an atomic load between the two.
 */
export const NEEDS_LOAD_BARRIER: boolean = process.arch !== 'x64';
/** On x64 plain stores are seen in their order; elsewhere the second one must be atomic. */
export const STORES_STAY_IN_ORDER: boolean = process.arch === 'x64';
