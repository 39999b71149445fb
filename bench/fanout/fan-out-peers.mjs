/** Who takes part in the cases that fan a loop out. */
export const FAN_OUT_PEERS = ['serial', 'backbeat', 'raw-chunks', 'piscina', 'workerpool'];
