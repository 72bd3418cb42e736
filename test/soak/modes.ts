/** What a process of the soak is. */
export type Role =
  /** An application: reads and writes. */
  | 'worker'
  /** Another application on the same database and Redis, under a namespace of its own. */
  | 'neighbour'
  /** An application without cache managers: writes, and reads nothing through the cache. */
  | 'writer'
  /** An application that is deployed anew every few seconds, with a migration that changes rows: reads. */
  | 'migrator';

export const optionalRoles = ['neighbour', 'writer', 'migrator'] as const satisfies readonly Role[];

export interface Part {
  readonly role: Role;
  /** What the mode does to it: far from Redis, its connections to Redis are reset, it reads in bursts, it cannot reach Redis for seconds. */
  readonly plight?: 'distant' | 'reset' | 'bursting' | 'stranded';
}

export type Evicted = 'entry' | 'row' | 'table';

export interface Staging {
  readonly cast: readonly Part[];
  readonly kills: boolean;
  readonly evictions: readonly Evicted[];
  /** The share of one part's acknowledged writes that may go unheard: beyond it, the run has shown nothing. */
  readonly mostUnheard: number;
}

const worker: Part = { role: 'worker' };
const others: readonly Part[] = [{ role: 'neighbour' }, { role: 'writer' }, { role: 'migrator' }];

/** Holds are evicted with their table: elsewhere than in `crashes` that would be a second fault. */
const entriesAndRows = ['entry', 'row'] as const;
const few = 1 / 3;

const allButTheMigrator = (plight: NonNullable<Part['plight']>): readonly Part[] =>
  [worker, worker, worker, ...others].map((part) => (part.role === 'migrator' ? part : { ...part, plight }));

/** The kinds of trouble a run can make: one fault at a time, which is what the library promises to bear. */
export const modes = {
  /** Processes are killed and tables' clocks evicted. */
  crashes: {
    cast: [worker, worker, worker, ...others],
    kills: true,
    evictions: ['entry', 'row', 'table'],
    mostUnheard: few,
  },
  /** One worker has 150 ms to Redis and back. */
  latency: {
    cast: [worker, worker, { role: 'worker', plight: 'distant' }, ...others],
    kills: false,
    evictions: entriesAndRows,
    mostUnheard: few,
  },
  /**
   * Once a second the connections to Redis of one or all but the migrator are reset. A reconnection takes a fifth of the budget, so
   * who tries again is nearly always heard.
   */
  resets: {
    cast: allButTheMigrator('reset'),
    kills: false,
    evictions: entriesAndRows,
    mostUnheard: 0.01,
  },
  /** One worker starts thousands of reads at once, now and then, and fills an entry of several MB, while it writes. */
  bursts: {
    cast: [worker, worker, { role: 'worker', plight: 'bursting' }, ...others],
    kills: false,
    evictions: entriesAndRows,
    mostUnheard: few,
  },
  /**
   * Every few seconds one or all but the migrator have no way to Redis, or a bad one, for longer than any budget. That writes go unheard
   * meanwhile is what it is about: what they owe is to be told, and paid.
   */
  outages: {
    cast: allButTheMigrator('stranded'),
    kills: false,
    evictions: entriesAndRows,
    mostUnheard: 1,
  },
} as const satisfies Record<string, Staging>;

export type Mode = keyof typeof modes;

export function castOf(mode: Mode, without: readonly Role[]): readonly Part[] {
  return modes[mode].cast.filter(({ role }) => !without.includes(role));
}

export const nameOf = ({ role, plight }: Part): string => (plight ? `${plight} ${role}` : role);
