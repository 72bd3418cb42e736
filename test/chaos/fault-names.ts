/** In the order of the table. */
export const faultNames = [
  'refused',
  'black-hole',
  'latency-2s',
  'latency-100ms',
  'cut-mid-reply',
  'restart-empty',
  'old-snapshot',
  'failover',
  'slot-migration',
  'full',
  'eviction',
  'wrong-type',
  'password',
  'database-down',
  'both-down',
] as const;

export type FaultName = (typeof faultNames)[number];
