/** What can be wrong with a way to Redis for a while, connections that are made meanwhile included. */
export const outages = [
  /** Connections are reset, and new ones refused. */
  'refused',
  /** Nothing arrives, either way, and nobody hears that it does not. What is under way may arrive once it is over. */
  'black hole',
  /** What is sent takes two seconds to arrive. */
  'latency',
  /** Commands arrive; of the answer half does, and then the connection is reset. */
  'cut',
] as const;

export type Outage = (typeof outages)[number];

export const OUTAGE_LATENCY_MS = 2_000;
