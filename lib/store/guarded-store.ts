import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../errors.js';
import type { CacheEvents } from '../events/cache-events.js';
import {
  type Budget,
  CacheStore,
  type ClockQuery,
  type ClocksRead,
  type ClockWrite,
  type EntriesRead,
  type EntryInHand,
  type Lease,
  type Work,
} from './cache-store.js';
import { Circuit } from './circuit.js';
import { Debts } from './debts.js';
import { isRefused } from './failure.js';
import { tellAdvanced } from './tell-advanced.js';

/** The pause before the store is tried again, in milliseconds: each one twice as long as the one before, and up to a half shorter by chance. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/** What is asked, or told, of a store that need only answer. Nobody has such a table. */
const NOTHING = 'qscache:probe';

/** Of a budget: an answer that was waited for so long and did not come says that the store is silent, if it said nothing else meanwhile. */
const TELLING_SHARE = 0.9;

/** Holds that are released once the store is back; what more there are stand until their deadline. */
const MOST_HOLDS = 1_000;

/**
 * A store that is never in the way. One that fails is not asked any more: reads and writes go on without it at once, and in the background
 * it is tried again, by one at a time, until it is back.
 *
 * What was written meanwhile is owed to it. Until it is paid this process takes nothing from the store that it owes something of: other
 * processes that still reach the store are all that may serve what such a write has made stale. Trying again begins with paying, so that
 * a store is not trusted before it has heard of everything.
 *
 * @internal
 */
export class GuardedStore extends CacheStore {
  readonly name: string;
  override readonly reach: CacheStore['reach'];
  readonly #debts = new Debts();
  /**
   * Clocks of holds whose writes were not made, or are owed: these go once that is paid. The store may have them all the same: its answer
   * was late, or lost.
   */
  readonly #unreleased = new Map<string, readonly string[]>();
  readonly #reads: Circuit;
  readonly #holds: Circuit;
  readonly #advances: Circuit;
  /** The one under way: beside a second one, what it has on its way would count as paid. */
  #payment: Promise<void> | undefined;
  /** What the last question that failed was about. */
  #asked: { readonly keys: readonly string[]; readonly clocks: readonly string[] } = { keys: [], clocks: [] };
  #isRecovering = false;
  #isClosed = false;

  constructor(
    private readonly store: CacheStore,
    private readonly events: CacheEvents,
    budgetMs: number,
  ) {
    super();
    this.name = store.name;
    this.reach = store.reach;
    const opened = (circuit: Circuit, error: StoreError) => this.#opened(circuit, error);
    const isDown = ({ reason }: StoreError) => reason !== 'refused';
    // One big entry may take longer than a budget on a store that answers everybody else.
    const isSilent = (circuit: Circuit, askedAt: number) =>
      performance.now() - askedAt >= TELLING_SHARE * budgetMs && !circuit.hasAnsweredSince(askedAt);
    this.#reads = new Circuit(
      'read',
      (error, circuit, askedAt) => (error.reason === 'late' ? isSilent(circuit, askedAt) : isDown(error)),
      opened,
    );
    // By themselves, since an advance has more time: that a hold was not taken must not keep it from being tried.
    this.#holds = new Circuit('hold', isDown, opened);
    this.#advances = new Circuit('advance', isDown, opened);
  }

  /** What this process has written and the store has not heard of. */
  get owed(): readonly string[] {
    return this.#debts.clocks;
  }

  read(
    keys: readonly string[],
    queries: readonly ClockQuery[],
    budget?: Budget,
    known?: readonly (string | undefined)[],
  ): Promise<EntriesRead> {
    return this.#read(keys, queries, () => this.store.read(keys, queries, budget, known));
  }

  /** Not while something is owed, whatever it is: whether this is of it, `read` finds out. */
  override vouchesFor(key: string, entry: EntryInHand): boolean {
    return this.#debts.isEmpty && !this.#reads.isOpen && this.store.vouchesFor(key, entry);
  }

  touch(queries: readonly ClockQuery[], lifetimeMs: number): Promise<ClocksRead> {
    return this.#read([], queries, () => this.store.touch(queries, lifetimeMs));
  }

  put(key: string, entry: string, lifetimeMs: number): Promise<void> {
    return this.#reads.through(() => this.store.put(key, entry, lifetimeMs));
  }

  override replace(key: string, mark: string, entry: string): Promise<void> {
    return this.#reads.through(() => this.store.replace(key, mark, entry));
  }

  remove(keys: readonly string[]): Promise<void> {
    return this.#reads.through(() => this.store.remove(keys));
  }

  lease(work: readonly Work[], id: string, lifetimeMs: number, budget?: Budget): Promise<readonly Lease[]> {
    return this.#reads.through(() => this.store.lease(work, id, lifetimeMs, budget));
  }

  endLease(work: readonly Work[], id: string, freeMs?: number): Promise<void> {
    return this.#reads.through(() => this.store.endLease(work, id, freeMs));
  }

  hold(clocks: readonly string[], id: string, deadlineMs: number, releasesKeys?: boolean): Promise<void> {
    return this.#holds.through(() => this.store.hold(clocks, id, deadlineMs, releasesKeys));
  }

  /** What the store does not take is released when it is back: else it would make its tables misses until its deadline. */
  async release(clocks: readonly string[], id: string): Promise<void> {
    try {
      await this.#holds.through(() => this.store.release(clocks, id));
    } catch (error) {
      if (!isRefused(error)) this.#releaseLater(clocks, id);
      // It may be found to be back in this moment: then nobody else would try.
      void this.#recovery();
      throw error;
    }
  }

  /** What the store does not take is owed to it before this rejects. */
  async advance(writes: readonly ClockWrite[], hold?: string): Promise<void> {
    try {
      await this.#advances.through(() => this.store.advance(writes, hold));
    } catch (error) {
      const isOwed = this.#owe(writes);
      // Until that is paid the hold speaks for the write in other processes; after that it would only make misses until its deadline.
      if (isOwed && hold !== undefined) this.#releaseLater(tablesOf(writes), hold);
      throw error;
    }
  }

  check(): Promise<string | undefined> {
    return this.store.check();
  }

  override open(): Promise<void> {
    return this.store.open();
  }

  /** Pays what is owed, or tells that it is lost. */
  override async settle(): Promise<void> {
    this.#isClosed = true;
    // A payment that began before has spent its time before: that it fails does not say that the store will not be back in ours.
    await this.#payment?.catch(() => undefined);
    try {
      // What was owed when somebody else began to pay need not be all.
      for (let i = 0; i < 2 && !this.#debts.isEmpty; i++) await this.#pay();
    } catch {
      // Nobody will hear of them.
    }
    this.#lost(this.#debts.clocks);
  }

  override close(): Promise<void> {
    return this.store.close();
  }

  /** Whether the store is asked everything, and has heard of everything. */
  get isWhole(): boolean {
    if (!this.#debts.isEmpty || this.#unreleased.size > 0) return false;
    return ![this.#reads, this.#holds, this.#advances].some(({ isOpen }) => isOpen);
  }

  /** Tries again, once. Never rejects. */
  async recover(): Promise<void> {
    try {
      await this.#pay();
      await this.#ask();
    } catch {
      // It is not back yet.
    }
  }

  #read<T extends ClocksRead>(
    keys: readonly string[],
    queries: readonly ClockQuery[],
    ask: () => Promise<T>,
  ): Promise<T> {
    const asked = () =>
      this.#reads.through(ask, (error) => {
        // An entry that is too big for a budget would never be answered, whatever the store is like.
        const entries = error instanceof StoreError && error.reason !== 'late' ? keys.slice(0, 1) : [];
        if (isAsked(error)) this.#asked = { keys: entries, clocks: queries.map(({ clock }) => clock) };
      });
    return this.#debts.isEmpty ? asked() : this.#readInDebt(queries, asked);
  }

  async #readInDebt<T extends ClocksRead>(queries: readonly ClockQuery[], ask: () => Promise<T>): Promise<T> {
    // Taken before it is asked: a debt that is paid until it answers may have been paid after it looked.
    const owed = queries.map(({ clock }) => this.#debts.owes(clock));
    const read = await ask();
    const clocks = read.clocks.map((clock, i) => (owed[i] ? { ...clock, held: true, changes: undefined } : clock));
    // Nobody tells the store's standing of what is owed, or paid, here.
    return { ...read, clocks, standing: undefined };
  }

  /** One at a time: a debt that two are paying is paid by whoever comes last. */
  #pay(): Promise<void> {
    return (this.#payment ??= this.#payOnce().finally(() => (this.#payment = undefined)));
  }

  async #payOnce(): Promise<void> {
    if (!this.#debts.isEmpty) {
      const paid = (writes: readonly ClockWrite[], even: readonly string[]) => {
        tellAdvanced(this.events, writes);
        if (even.length) this.events.emit({ name: 'debt:paid', tables: even });
      };
      await this.#debts.pay((writes) => this.store.advance(writes), paid);
    } else if (this.#holds.isOpen || this.#advances.isOpen) {
      await this.#probe(() => this.store.advance([PROBE]));
    }
    await this.#releaseAll();
    this.#close(this.#holds);
    this.#close(this.#advances);
  }

  #releaseLater(clocks: readonly string[], id: string): void {
    if (this.#unreleased.size < MOST_HOLDS) this.#unreleased.set(id, clocks);
  }

  /** What is still owed is for its hold to tell: the store has refused to hear of it, or it was made while others were paid. */
  async #releaseAll(): Promise<void> {
    const released = [...this.#unreleased].map(async ([id, clocks]) => {
      if (clocks.some((clock) => this.#debts.owes(clock))) return;
      await this.#probe(() => this.store.release(clocks, id));
      this.#unreleased.delete(id);
    });
    await Promise.all(released);
  }

  async #ask(): Promise<void> {
    if (!this.#reads.isOpen) return;
    const { keys, clocks } = this.#asked;
    const queries = (clocks.length ? clocks : [NOTHING]).map((clock) => ({ clock, rows: [] }));
    await this.#probe(() => this.store.read(keys, queries));
    this.#close(this.#reads);
  }

  /** A store that says no is there. */
  async #probe(ask: () => Promise<unknown>): Promise<void> {
    try {
      await ask();
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }

  /** @returns whether all of it can be kept */
  #owe(writes: readonly ClockWrite[]): boolean {
    const lost = this.#debts.add(writes);
    this.events.emit({ name: 'debt:made', tables: tablesOf(writes) });
    if (this.#isClosed) this.#lost(tablesOf(writes));
    else if (lost.length) this.#lost(tablesOf(lost));
    void this.#recovery();
    return lost.length === 0;
  }

  #lost(tables: readonly string[]): void {
    if (tables.length) this.events.emit({ name: 'debt:lost', tables });
  }

  #opened({ name }: Circuit, error: StoreError): void {
    this.events.emit({ name: 'circuit:opened', operation: name, error });
    void this.#recovery();
  }

  #close(circuit: Circuit): void {
    if (!circuit.isOpen) return;
    const openMs = Math.round(circuit.openMs);
    circuit.close();
    this.events.emit({ name: 'circuit:closed', operation: circuit.name, openMs });
  }

  async #recovery(): Promise<void> {
    if (this.#isRecovering) return;
    this.#isRecovering = true;
    // Jobs that nobody waited for may use a store that was closed: it is not tried again for them.
    for (let pauseMs = FIRST_PAUSE_MS; !this.isWhole && !this.#isClosed; pauseMs *= 2) {
      await sleep(Math.min(pauseMs, LONGEST_PAUSE_MS) * (1 - Math.random() / 2), undefined, { ref: false });
      if (!this.#isClosed) await this.recover();
    }
    this.#isRecovering = false;
  }
}

const isAsked = (error: unknown): boolean => !(error instanceof StoreError && error.reason === 'not asked');

const PROBE: ClockWrite = { clock: NOTHING, rows: 'new' };

function tablesOf(writes: readonly ClockWrite[]): string[] {
  return writes.map(({ clock }) => clock);
}
