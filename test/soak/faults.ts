import { setTimeout as sleep } from 'node:timers/promises';
import { formatEntry, parseEntry } from '../../lib/cache/entry.js';
import { Flights } from '../../lib/cache/flights.js';
import { clockQueries } from '../../lib/cache/dependency.js';
import { ClockView } from '../../lib/cache/clock-view.js';
import type { CacheStore, ClockWrite, ClockQuery, ClocksRead } from '../../lib/store/cache-store.js';
import { Deaf, Hasty, NamespacedClocks, NoRetry, Queued } from './broken-advances.js';
import { forgetDebts, trustEarly } from './broken-debts.js';
import { FarWriteBack, GapComplete, WrongFootprint } from './broken-journals.js';
import { Unasked } from './broken-near.js';
import { standForEver } from './broken-tracking.js';
import type { Mode, Part } from './modes.js';
import { TrustingWaiter } from './trusting-waiter.js';
import { WrappedStore } from './wrapped-store.js';

/** Ways to break the protocol on purpose: proof that the soak can fail. `no-hold` is an option of the library itself. */
export const faults = {
  'late-fill': { mode: 'crashes', breaks: (store) => new LateFill(store) },
  'before-commit': { mode: 'crashes', breaks: (store) => new AdvanceBeforeCommit(store) },
  'no-hold': { mode: 'crashes', breaks: (store) => store },
  'shared-flight': { mode: 'crashes', breaks: shareFlights },
  'namespaced-clocks': { mode: 'crashes', breaks: (store) => new NamespacedClocks(store), of: { role: 'neighbour' } },
  'deaf-worker': { mode: 'crashes', breaks: (store) => new Deaf(store), of: { role: 'writer' } },
  // It writes nothing but its migrations.
  'deaf-boot': { mode: 'crashes', breaks: (store) => new Deaf(store), of: { role: 'migrator' } },
  hasty: { mode: 'latency', breaks: (store) => new Hasty(store), of: { plight: 'distant' } },
  'no-retry': { mode: 'resets', breaks: (store) => new NoRetry(store), of: { plight: 'reset' } },
  queued: { mode: 'bursts', breaks: (store) => new Queued(store), of: { plight: 'bursting' } },
  'forgotten-debt': { mode: 'outages', breaks: forgetDebts, of: { plight: 'stranded' } },
  'early-trust': { mode: 'outages', breaks: trustEarly, of: { plight: 'stranded' } },
  'near-without-clocks': { mode: 'crashes', breaks: (store) => new Unasked(store) },
  'unasked-rows': { mode: 'crashes', breaks: trustUnaskedRows },
  'standing-for-ever': { mode: 'crashes', breaks: standForEver, ofTracking: true },
  'gap-complete': { mode: 'crashes', breaks: (store) => new GapComplete(store) },
  'wrong-footprint': { mode: 'crashes', breaks: (store) => new WrongFootprint(store) },
  'far-write-back': { mode: 'crashes', breaks: (store) => new FarWriteBack(store) },
  'trusting-waiter': { mode: 'outages', breaks: (store) => new TrustingWaiter(store) },
} as const satisfies Record<string, Breakage>;
export type Fault = keyof typeof faults;

interface Breakage {
  /** Where it shows. */
  readonly mode: Mode;
  readonly breaks: (store: CacheStore) => CacheStore;
  /** The part it happens to; everybody, if nothing is said. */
  readonly of?: Partial<Part>;
  /** Nothing of it is to be seen without. */
  readonly ofTracking?: true;
}

export const isOfTracking = (fault: Fault): boolean => Boolean((faults[fault] as Breakage).ofTracking);

export function breakStore(store: CacheStore, fault: Fault | undefined, part: Part): CacheStore {
  return fault && concerns(fault, part) ? faults[fault].breaks(store) : store;
}

export function concerns(fault: Fault, part: Part): boolean {
  const { of = {} }: Breakage = faults[fault];
  return Object.entries(of).every(([name, value]) => part[name as keyof Part] === value);
}

/** Takes the as-of after the load: a write in between is not noticed. */
class LateFill extends WrappedStore {
  constructor(inner: CacheStore) {
    super(inner);
    const { judge } = ClockView.prototype;
    ClockView.prototype.judge = function (dependency) {
      return Number.isNaN(this.now([dependency.clock])[0]) || judge.call(this, dependency);
    };
  }

  /** Without a clock, by which the fill is told from a read. */
  override async touch(queries: readonly ClockQuery[], lifetimeMs: number): Promise<ClocksRead> {
    const read = await super.touch(queries, lifetimeMs);
    return { ...read, clocks: read.clocks.map((state) => ({ ...state, now: NaN })) };
  }

  override async put(key: string, text: string, lifetimeMs: number): Promise<void> {
    const entry = parseEntry(text);
    // What the store remembers of the database is none.
    if (!entry) return super.put(key, text, lifetimeMs);
    const queries = clockQueries([], entry.dependencies);
    const view = new ClockView(queries, await super.touch(queries, lifetimeMs));
    const dependencies = entry.dependencies.map((dependency) => ({
      ...dependency,
      asOf: view.now([dependency.clock])[0]!,
    }));
    return super.put(key, formatEntry({ ...entry, dependencies }), lifetimeMs);
  }
}

const COMMIT_MS = 100;

/** Makes a write known before it is visible: a load in between is filed under the advanced clock with the old row. */
class AdvanceBeforeCommit extends WrappedStore {
  override async hold(clocks: readonly string[]): Promise<void> {
    await super.advance(clocks.map((clock) => ({ clock, rows: 'unknown' })));
    // A statement that takes its time: without, hardly a load falls in between.
    await sleep(COMMIT_MS);
  }

  override async advance(_writes: readonly ClockWrite[]): Promise<void> {}
}

/** Of rows nobody has asked about nothing was written, whatever their table shows. */
function trustUnaskedRows(store: CacheStore): CacheStore {
  const { judge } = ClockView.prototype;
  ClockView.prototype.judge = function (dependency) {
    return judge.call(this, dependency) ?? true;
  };
  return store;
}

/** Joins any load of the same key, also one that began before a write this reader must see. */
function shareFlights(store: CacheStore): CacheStore {
  const { find, offer, withdraw } = Flights.prototype;
  const keyOf = (name: string) => (JSON.parse(name) as [string])[0];
  Flights.prototype.find = function (name) {
    return find.call(this, keyOf(name));
  };
  Flights.prototype.offer = function (name, flight) {
    offer.call(this, keyOf(name), flight);
  };
  Flights.prototype.withdraw = function (name, flight) {
    withdraw.call(this, keyOf(name), flight);
  };
  return store;
}
