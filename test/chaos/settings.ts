// Durations of a round, in milliseconds.

/** How long caches fill before anything happens. */
export const WARM_MS = 1200;

/** How long writes go on that an old snapshot or a lagging replica does not know. */
export const FORGOTTEN_MS = 800;

/** When in the fault the application closes that is to. */
export const CLOSE_AFTER_MS = 800;

/** Nobody writes for so long after the healing, so that no later write covers up what went unheard. */
export const QUIET_MS = 3500;

/** And then everybody again. */
export const AGAIN_MS = 600;

/** From when on other processes must know what was written during the fault, if nothing says so sooner. */
export const OTHERS_GRACE_MS = 3000;

/** What has not ended so long after the last request began has failed. */
export const ENDING_PATIENCE_MS = 1500;

export const CLOSING_PATIENCE_MS = 3000;

/** Readers and writers: all but the last one reach Redis by the way the fault is on. */
export const WORKERS = 3;

/** How many requests of each process count as the first ones of a fault. */
export const FIRST_REQUESTS = 20;

// What ours may do at most, in milliseconds.
export const LONGEST_CLOSE_MS = 1000;
export const MOST_EXTRA_MS = 5;
