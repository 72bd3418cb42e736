import { vi } from 'vitest';
import { type Entry, formatEntry, parseEntry } from '../../lib/cache/entry.js';
import { Flight, Flights } from '../../lib/cache/flights.js';
import type { Question } from '../../lib/cache/question.js';
import { Questions } from '../../lib/cache/questions.js';
import { ClockView } from '../../lib/cache/clock-view.js';
import { type Hold, HoldProtocol } from '../../lib/writes/hold-protocol.js';
import type { CacheStore, ClockState, ClockWrite, ClockQuery, ClocksRead } from '../../lib/store/cache-store.js';
import { Debts } from '../../lib/store/debts.js';
import { GuardedStore } from '../../lib/store/guarded-store.js';
import { clockKeys } from '../../lib/store/clock-keys.js';
import { LocalClocks } from '../../lib/store/local-clocks.js';
import { time } from './scripted-time.js';
import type { ScriptedServer } from './scripted-server.js';

/** The store with some of its methods replaced. */
export function replace(store: CacheStore, methods: Partial<CacheStore>): CacheStore {
  return new Proxy(store, {
    get: (target, name: keyof CacheStore) => {
      const method: unknown = methods[name] ?? target[name];
      return typeof method === 'function' ? method.bind(target) : method;
    },
  });
}

type Change = <T extends ClocksRead>(read: T) => T;

export function seeing(store: CacheStore, change: Change): Partial<CacheStore> {
  return {
    read: async (...asked) => change(await store.read(...asked)),
    touch: async (...asked) => change(await store.touch(...asked)),
  };
}

export function withClocks(change: (state: ClockState) => ClockState): Change {
  return (read) => ({ ...read, clocks: read.clocks.map(change) });
}

/** Every fill looks as if nothing had happened since its load began, and is dated by the moment it is stored. */
export function datedLate(store: CacheStore): Partial<CacheStore> {
  let latest = 0;
  /** Each clock as the last reader saw it: most likely the one that loads. */
  const before = new Map<string, number>();
  const redate = (entry: Entry) => ({
    ...entry,
    dependencies: entry.dependencies.map((dependency) => ({ ...dependency, asOf: latest })),
  });
  return {
    read: async (keys, queries, ...rest) => {
      const read = await store.read(keys, queries, ...rest);
      for (const [i, { clock }] of queries.entries()) before.set(clock, read.clocks[i]!.now);
      return read;
    },
    touch: async (queries, lifetimeMs) => {
      const read = await store.touch(queries, lifetimeMs);
      latest = read.clocks[0]!.now;
      const clocks = read.clocks.map((state, i) => ({
        ...state,
        now: before.get(queries[i]!.clock) ?? 0,
        unknown: 0,
        rows: state.rows.map(() => 0),
      }));
      return { ...read, clocks };
    },
    put: (key, text, lifetimeMs) => store.put(key, formatEntry(redate(parseEntry(text)!)), lifetimeMs),
  };
}

/** A row without a clock, which stands for its whole table, counts as never written. */
export function trustingOfUnknownRows(store: CacheStore, server: ScriptedServer): CacheStore {
  const trusting = <A extends [ClockQuery, ...unknown[]]>(ask: (...asked: A) => ClockState) => {
    return (...asked: A): ClockState => {
      const [{ clock, rows }] = asked;
      // Before it is asked, which makes a clock for each row.
      const isUnknown = rows.map((row) => !server.rows.includes(clockKeys.row(clock, row)));
      const state = ask.apply(server, asked);
      return { ...state, rows: state.rows.map((row, i) => (isUnknown[i] ? 0 : row)) };
    };
  };
  server.read = trusting(server.read);
  server.touch = trusting(server.touch);
  return store;
}

/** Somebody loads anew whatever entry there is, and whoever waits for that takes the entry. */
export function trustingWhileWaiting(store: CacheStore, server: ScriptedServer): Partial<CacheStore> {
  let waits = false;
  const trusting = withClocks((state) => ({ ...state, unknown: 0, rows: state.rows.map(() => 0) }));
  return {
    lease: async (work, ...rest) => {
      waits = server.entries.size > 0;
      return waits ? work.map(() => 'taken') : store.lease(work, ...rest);
    },
    read: async (...asked) => {
      const isLook = waits;
      const read = await store.read(...asked);
      return isLook ? trusting(read) : read;
    },
  };
}

export function forgetfulOfHolds(store: CacheStore, server: ScriptedServer): Partial<CacheStore> {
  return {
    read: (...asked) => {
      for (const clock of server.clocks) {
        for (const [id, { deadline }] of server.holds(clock)) if (Date.now() > deadline) server.release(clock, id);
      }
      return store.read(...asked);
    },
  };
}

/** A server that says that it has renewed a hold, and has not. */
export function deafToRenewals(store: CacheStore, server: ScriptedServer): CacheStore {
  const { hold } = server;
  server.hold = (clock, id, ...rest) => {
    if (!server.holds(clock).has(id)) hold.call(server, clock, id, ...rest);
  };
  return store;
}

export class HastyProtocol extends HoldProtocol {
  override async hold(writes: readonly ClockWrite[]): Promise<Hold> {
    const hold = await super.hold(writes);
    await super.advance(
      writes.map(({ clock }) => ({ clock, rows: 'unknown' })),
      hold,
    );
    return hold;
  }

  override async advance(): Promise<void> {}
}

/** Its writes of keys go on while their holds are on their way. */
export class ImpatientProtocol extends HoldProtocol {
  override hold(writes: readonly ClockWrite[]): Promise<Hold> {
    return super.hold(writes.map((write) => ({ ...write, releasesKeys: false })));
  }
}

/** What it is told to hold it holds as one that may free keys, and its write goes on meanwhile. */
export function holdingKeys(store: CacheStore): Partial<CacheStore> {
  return { hold: async (clocks, id, deadlineMs) => void store.hold(clocks, id, deadlineMs, true) };
}

/** Says that a hold stands, and it still is in the process. */
export function sayingGone(store: CacheStore): Partial<CacheStore> {
  return { hold: async (...hold) => void store.hold(...hold) };
}

export class SureProtocol extends HoldProtocol {
  override advanceAmbiguous(writes: readonly ClockWrite[], hold: Hold | undefined): Promise<void> {
    return super.advance(writes, hold);
  }
}

export function joinByKeyOnly(): () => void {
  const { find, offer, withdraw } = Flights.prototype;
  const keyOf = (name: string) => (JSON.parse(name) as unknown[])[0] as string;
  Flights.prototype.find = function (name) {
    return find.call(this, keyOf(name));
  };
  Flights.prototype.offer = function (name, flight) {
    offer.call(this, keyOf(name), flight);
  };
  Flights.prototype.withdraw = function (name, flight) {
    withdraw.call(this, keyOf(name), flight);
  };
  return () => Object.assign(Flights.prototype, { find, offer, withdraw });
}

/** Whoever asks is told that a load has not begun, and finds those that have. */
export function joinAfterTakeOff(): () => void {
  const { withdraw } = Flights.prototype;
  Flights.prototype.withdraw = () => undefined;
  const spy = vi.spyOn(Flight.prototype, 'hasBegun', 'get').mockReturnValue(false);
  return () => {
    Flights.prototype.withdraw = withdraw;
    spy.mockRestore();
  };
}

/** A question may be joined until it is answered. */
export function joinSentQuestions(): () => void {
  const { join } = Questions.prototype;
  const open = new WeakMap<Questions, Question>();
  Questions.prototype.join = function (...asked) {
    const known = open.get(this);
    if (known) return known;
    const question = join.apply(this, asked);
    open.set(this, question);
    void question.answer.then(() => open.delete(this));
    return question;
  };
  return () => {
    Questions.prototype.join = join;
  };
}

/** Nobody remembers what the store has not heard of. */
export function forgetDebts(): () => void {
  const spy = vi.spyOn(Debts.prototype, 'add').mockReturnValue([]);
  return () => spy.mockRestore();
}

/** What is owed is dropped as soon as the store can be asked again. */
export function forgiveDebts(): () => void {
  const { pay } = Debts.prototype;
  Debts.prototype.pay = function (_tell, paid) {
    return pay.call(this, async () => undefined, paid);
  };
  return () => void (Debts.prototype.pay = pay);
}

/** A debt that was paid until the store answered does not count. */
export function judgeDebtsLate(): () => void {
  const { read } = GuardedStore.prototype;
  GuardedStore.prototype.read = async function (keys, queries, budget) {
    const { owes } = Debts.prototype;
    Debts.prototype.owes = () => false;
    const reading = read.call(this, keys, queries, budget);
    Debts.prototype.owes = owes;
    const answer = await reading;
    const held = (clock: string) => this.owed.includes(clock);
    return {
      ...answer,
      clocks: answer.clocks.map((state, i) => (held(queries[i]!.clock) ? { ...state, held: true } : state)),
    };
  };
  return () => void (GuardedStore.prototype.read = read);
}

/** Of rows nobody has asked about, nothing was written. */
export function trustingOfUnaskedRows(): () => void {
  const { judge } = ClockView.prototype;
  ClockView.prototype.judge = function (dependency) {
    return judge.call(this, dependency) ?? true;
  };
  return () => void (ClockView.prototype.judge = judge);
}

/** One write to a table is as good as none. */
export function missingOneWrite(): () => void {
  const { judge } = ClockView.prototype;
  ClockView.prototype.judge = function (dependency) {
    const [now] = this.knows(dependency.clock) ? this.now([dependency.clock]) : [];
    return now === dependency.asOf + 1 || judge.call(this, dependency);
  };
  return () => void (ClockView.prototype.judge = judge);
}

export function ignoreHolds(): () => void {
  const spy = vi.spyOn(ClockView.prototype, 'isHeld').mockReturnValue(false);
  return () => spy.mockRestore();
}

export function hurry(ms: number): () => void {
  time.hasteMs = ms;
  return () => void (time.hasteMs = 0);
}

/** Of what its caller has in hand, the clocks are those it was told of the time before. */
export function seeingLate(store: CacheStore): Partial<CacheStore> {
  let before: readonly ClockState[] | undefined;
  return {
    read: async (keys, queries, budget, known) => {
      const read = await store.read(keys, queries, budget, known);
      if (known && before) return { ...read, clocks: before };
      before = read.clocks;
      return read;
    },
  };
}

/** What its caller has in hand is of this epoch, whichever it is of. */
export function blindToEpochs(store: CacheStore): Partial<CacheStore> {
  return {
    read: async (keys, queries, budget, known) => {
      const read = await store.read(keys, queries, budget, known);
      const first = String(0);
      return known ? { ...read, epoch: first } : read;
    },
  };
}

/** What its caller has in hand counts as stored, whatever is. */
export function takingAnyMark(
  store: CacheStore,
  where = (_text: string | undefined): boolean => true,
): Partial<CacheStore> {
  return {
    read: async (keys, queries, budget, known) => {
      const read = await store.read(keys, queries, budget, known);
      const taken = (text: string | undefined, i: number) => (where(text) ? (known?.[i] ?? text) : text);
      return { ...read, entries: read.entries.map(taken) };
    },
  };
}

/** Vouches by the clocks alone, as they are changed. */
export function vouchingBy(server: ScriptedServer, change: (state: ClockState) => ClockState): Partial<CacheStore> {
  return {
    vouchesFor: (_key, { dependencies }) =>
      dependencies.every((dependency) => {
        const query = { clock: dependency.clock, rows: dependency.rows ?? [] };
        return new ClockView([query], { epoch: '', clocks: [change(server.read(query))] }).judge(dependency) === true;
      }),
  };
}

/** To those who are vouched for no hold ever grows old. */
export function deafToHolds(): () => void {
  const { isUnwritten } = LocalClocks.prototype;
  LocalClocks.prototype.isUnwritten = function (dependency) {
    const spy = vi.spyOn(Date, 'now').mockReturnValue(0);
    try {
      return isUnwritten.call(this, dependency);
    } finally {
      spy.mockRestore();
    }
  };
  return () => void (LocalClocks.prototype.isUnwritten = isUnwritten);
}

/** What the store has not heard of is no reason to ask. */
export function vouchesInDebt(): () => void {
  const { vouchesFor } = GuardedStore.prototype;
  GuardedStore.prototype.vouchesFor = function (...asked) {
    const spy = vi.spyOn(Debts.prototype, 'isEmpty', 'get').mockReturnValue(true);
    try {
      return vouchesFor.apply(this, asked);
    } finally {
      spy.mockRestore();
    }
  };
  return () => void (GuardedStore.prototype.vouchesFor = vouchesFor);
}
