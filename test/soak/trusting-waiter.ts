import { parseEntry } from '../../lib/cache/entry.js';
import type { Budget, ClockQuery, EntriesRead, Lease, Work } from '../../lib/store/cache-store.js';
import { WrappedStore } from './wrapped-store.js';

/** For how long somebody may wait for another process's load, in milliseconds: a budget. */
const WAIT_MS = 250;

/** Whoever waits for what another process loads believes what it finds, whatever the clocks say by then. */
export class TrustingWaiter extends WrappedStore {
  /** By key, until when somebody waits. */
  readonly #waiting = new Map<string, number>();

  override async lease(
    work: readonly Work[],
    id: string,
    lifetimeMs: number,
    budget?: Budget,
  ): Promise<readonly Lease[]> {
    const leases = await super.lease(work, id, lifetimeMs, budget);
    for (const [i, { key }] of work.entries()) if (leases[i] === 'taken') this.#waiting.set(key, Date.now() + WAIT_MS);
    return leases;
  }

  override async read(keys: readonly string[], queries: readonly ClockQuery[], budget?: Budget): Promise<EntriesRead> {
    const read = await super.read(keys, queries, budget);
    const key = keys.find((each) => (this.#waiting.get(each) ?? 0) > Date.now());
    const entry = key === undefined ? undefined : parseEntry(read.entries[keys.indexOf(key)] ?? '');
    if (!entry) return read;
    const asOf = new Map(entry.dependencies.map((dependency) => [dependency.clock, dependency.asOf]));
    const clocks = read.clocks.map((state, i) => {
      const now = asOf.get(queries[i]!.clock);
      return now === undefined ? state : { now, unknown: 0, rows: state.rows.map(() => 0), held: false };
    });
    return { ...read, epoch: entry.epoch, clocks };
  }
}
