import { Limit } from '../../lib/cache/limit.js';
import { ReadThrough } from '../../lib/cache/read-through.js';
import { noSeal } from '../../lib/cache/seal.js';
import { CacheEvents } from '../../lib/events/cache-events.js';
import { HoldProtocol } from '../../lib/writes/hold-protocol.js';
import { WriteWatch } from '../../lib/writes/write-watch.js';
import { GuardedStore } from '../../lib/store/guarded-store.js';
import type { Actor } from './actor.js';
import { Clearer } from './clearer.js';
import { type Cell, dataSource, noWrites, type WriteCounts } from './database.js';
import { withoutMoments, withoutNames, withoutStanding, withPlaces } from './entry-names.js';
import type { Step, World } from './explore.js';
import { type CallFaults, GatedStore } from './gated-store.js';
import { Gates, whatIsParked } from './gates.js';
import { WatchedNear } from './near.js';
import { PlainTables } from './plain-tables.js';
import { Reader } from './reader.js';
import { Recoverer } from './recoverer.js';
import { BUDGET, HOLD, type Scenario } from './scenario.js';
import { time } from './scripted-time.js';
import { ScriptedServer } from './scripted-server.js';
import { ScriptedTracking } from './scripted-tracking.js';
import { ServerFaults } from './server-faults.js';
import { places, sorted } from './sorted.js';
import { firstTables, type Tables } from './tables.js';
import { WatchedKnownRows } from './watched-known-rows.js';
import { WatchedExpectedRows } from './watched-rows.js';
import { WatchedRedated } from './watched-redated.js';
import { Writer } from './writer.js';

/** The parts of one process, each the real one. */
export interface Process {
  readonly gated: GatedStore;
  readonly store: GuardedStore;
  /** What it has read lately. */
  readonly near: WatchedNear;
  /** Whose rows it asks about with their entries. */
  readonly expected: WatchedExpectedRows;
  /** As of when it has found entries to be true. */
  readonly redated: WatchedRedated;
  /** What it is told of changes, where it is told of any. */
  readonly tracking: ScriptedTracking | undefined;
  /** It was shown something that somebody else had changed already, and had not been told. */
  isLate: boolean;
  /** What the store is not asked for. */
  readonly open: Set<string>;
  readonly readThrough: ReadThrough;
  readonly limit: Limit;
  readonly protocol: HoldProtocol;
  readonly watch: WriteWatch;
}

interface Owed {
  readonly counts: Partial<WriteCounts>;
  readonly from: number;
}

/** One run of a scenario: processes over one server and one database, all of whose outside calls wait for the explorer. */
export class ProtocolWorld implements World {
  readonly gates = new Gates();
  readonly server: ScriptedServer;
  readonly database = noWrites();
  tables: Tables;
  /** What a read that begins now must see at least. */
  readonly acknowledged = noWrites();
  readonly faults: CallFaults;
  crashes: number;
  deaths: number;
  readonly #writers: readonly Writer[];
  readonly #readers: readonly Reader[];
  readonly #actors: readonly Actor[];
  readonly #processes = new Map<string, Process>();
  readonly #heldAt = new Map<string, number>();
  #owed: Owed[] = [];
  #renewalsLeft: number;
  readonly #serverFaults: ServerFaults;
  /** Whether what is to have happened before has happened. */
  #isReady: boolean;
  #violation: string | undefined;

  constructor(
    readonly scenario: Scenario,
    /** Collects what happened in any run: a scenario in which nothing happens proves nothing. */
    readonly happened: Set<string>,
  ) {
    time.begin();
    this.tables = scenario.tables ?? firstTables;
    this.server = new ScriptedServer(BUDGET, scenario.journal?.length, scenario.youngMs);
    const { refused, lost, repeated } = scenario;
    const kinds = { ...(refused && { refused }), ...(lost && { lost }), ...(repeated && { repeated }) };
    this.faults = { ...kinds, left: Object.keys(kinds).length ? 1 : 0, late: [] };
    this.crashes = scenario.crashes ?? 0;
    this.deaths = scenario.deaths ?? 0;
    this.#renewalsLeft = scenario.renewals ?? 0;
    this.#serverFaults = new ServerFaults(this.server, scenario);
    const { journal } = scenario;
    this.#isReady = !scenario.near && (!journal || journal.isCold === true);
    this.#writers = (scenario.writers ?? []).map((write, i) => new Writer(`w${i + 1}`, this, write));
    this.#readers = scenario.readers.map(
      ({ query, process = 'p', times = 1 }, i) => new Reader(`r${i + 1}`, this, process, query, times),
    );
    this.#actors = [
      ...this.#readers,
      ...this.#writers,
      ...Array.from({ length: scenario.clears ?? 0 }, (_, i) => new Clearer(`c${i + 1}`, this)),
      ...Array.from({ length: scenario.recoveries ?? 0 }, (_, i) => new Recoverer(`t${i + 1}`, this)),
    ];
  }

  process(name: string): Process {
    let process = this.#processes.get(name);
    if (process) return process;
    const events = new CacheEvents();
    events.on((event) => {
      const why = 'reason' in event ? ` ${event.reason}` : 'stale' in event ? ` ${event.stale}` : '';
      this.happened.add(event.name + why);
    });
    const { broken, journal } = this.scenario;
    const tracking = this.scenario.near === 'tracked' ? new ScriptedTracking(name, broken?.tracking) : undefined;
    if (tracking) this.server.listeners.push((key, by) => tracking.changed(key, by === tracking));
    const gated = new GatedStore({
      gates: this.gates,
      server: this.server,
      faults: this.faults,
      split: this.scenario.split ?? false,
      leases: this.scenario.leases ?? false,
      local: this.scenario.near === 'local',
      tracking,
      vouched: (isLate) => {
        this.process(name).isLate = isLate;
        this.happened.add(tracking ? 'vouched for by what was told' : 'vouched for');
        if (isLate) this.happened.add('shown before it was told');
      },
      heard: (...heard) => this.#hear(...heard),
    });
    const open = new Set<string>();
    events.on('circuit:opened', ({ operation }) => open.add(operation));
    events.on('circuit:closed', ({ operation }) => open.delete(operation));
    const store = new GuardedStore(broken?.store?.(gated, this.server) ?? gated, events, BUDGET);
    const rows = broken?.rows?.(this.server) ?? new WatchedKnownRows();
    if (journal) rows.asked = (moment) => this.#hear(this.gates.actor, 'asked', moment);
    const expected = new WatchedExpectedRows(rows);
    const near = new WatchedNear(this.scenario.near ? Infinity : 0);
    const redated = new WatchedRedated(journal?.writeBackAfter, () => this.happened.add('judged by journals'));
    const Protocol = broken?.protocol ?? HoldProtocol;
    const protocol = new Protocol(() => store, events, { budgetMs: BUDGET, holdMs: broken?.holdMs ?? HOLD });
    process = {
      gated,
      store,
      near,
      expected,
      redated,
      tracking,
      isLate: false,
      open,
      readThrough: new ReadThrough(store, events, BUDGET, noSeal, Infinity, near, expected, redated),
      limit: new Limit(this.scenario.loads ?? Infinity),
      protocol,
      watch: new WriteWatch(dataSource, protocol, events, journal && new PlainTables(dataSource)),
    };
    this.#processes.set(name, process);
    return process;
  }

  /** A read that begins from now on must see this. */
  acknowledge(counts: Partial<WriteCounts>): void {
    for (const [cell, count] of Object.entries(counts) as [Cell, number][]) {
      this.acknowledged[cell] = Math.max(this.acknowledged[cell], count);
    }
  }

  /** A writer that will never say that it has written: its hold says so in its place, once it is past its deadline. */
  owe(writer: string, counts: Partial<WriteCounts>): void {
    const heldAt = this.#heldAt.get(writer) ?? time.now;
    this.#owed.push({ counts, from: Math.max(heldAt + HOLD, time.now) + 1 });
  }

  violate(violation: string): void {
    this.#violation ??= violation;
  }

  violation(): string | undefined {
    const stuck = this.#actors.filter(({ isWaiting }) => isWaiting).map(({ name }) => name);
    if (stuck.length && !this.steps().length) this.violate(`${stuck.join(' and ')} never came to an end`);
    return this.#violation;
  }

  steps(): readonly Step[] {
    if (!this.#isReady) return [{ label: 'everybody has read before', take: () => this.#prepare() }];
    // Nobody is left whom anything could happen to.
    if (this.#actors.every(({ isGone }) => isGone)) return [];
    const late = this.faults.late.map(({ label, take }, i) => ({
      label,
      take: () => {
        this.faults.late.splice(i, 1);
        take();
      },
    }));
    return [
      ...this.#actors.flatMap((actor) => (this.#matters(actor) ? this.#actorSteps(actor) : [])),
      ...late,
      ...[...this.#processes].flatMap(([name, { tracking }]) =>
        tracking && this.#isReadIn(name) ? tracking.steps() : [],
      ),
      ...this.#timeSteps(),
      ...this.#serverFaults.steps(),
    ];
  }

  fingerprint(): string {
    const text = JSON.stringify([
      this.database,
      this.tables,
      this.acknowledged,
      this.server.fingerprint(),
      // Readers who ask the same are interchangeable.
      sorted(this.#actors.map((actor) => this.#matters(actor) && actor.fingerprint())),
      sorted(
        [...this.#processes].map(([name, { store, near, expected, redated, tracking, open }]) => [
          name,
          ...(this.#isReadIn(name) ? [near, tracking, expected, redated].map((part) => part?.fingerprint()) : []),
          sorted(store.owed),
          sorted(open),
        ]),
      ),
      [time.now, time.wakeUps(), time.wakeUps(true), this.#renewalsLeft, this.#owed, this.#held],
      [this.faults.left, sorted(this.faults.late.map(({ label }) => label)), this.crashes, this.deaths],
      [this.#isReady, this.#serverFaults.fingerprint()],
    ]);
    const { near, journal } = this.scenario;
    const decisive = journal ? withoutMoments(text) : withoutStanding(text);
    return near || journal ? withPlaces(decisive) : withoutNames(decisive);
  }

  arrangement(): string {
    const parked = this.#actors.map(({ name }) => places(this.gates.of(name).map(whatIsParked)));
    return JSON.stringify([
      places(this.#actors.map((actor) => actor.fingerprint())),
      parked,
      this.steps().map(({ label }) => label),
    ]);
  }

  /** Somebody may yet be shown what it has in hand. */
  #isReadIn(process: string): boolean {
    return this.#readers.some(({ isGone, processName }) => !isGone && processName === process);
  }

  /** What readers have left on its way is nothing to anybody once nobody reads any more. */
  #matters(actor: Actor): boolean {
    return !(actor instanceof Reader) || this.#readers.some(({ isGone }) => !isGone);
  }

  /** Twice: who has loaded an entry has it in hand once it was read. */
  async #prepare(): Promise<undefined> {
    this.gates.areOpen = true;
    const kinds = new Map(this.#actors.map((actor) => [actor.kind, actor]));
    for (const actor of kinds.values()) {
      if (!(actor instanceof Reader)) continue;
      for (let times = 0; times < 2; times++) {
        for (const { tracking } of this.#processes.values()) tracking?.hearAll();
        await actor.readBefore();
      }
    }
    this.gates.areOpen = false;
    if (this.scenario.asksAnew) for (const { tracking } of this.#processes.values()) tracking?.endAll();
    this.#isReady = true;
  }

  #hear(name: string, call: string, answer: unknown): void {
    this.#actors.find((actor) => actor.name === name)?.hear(call, answer);
    if (/^(hold|renew)/.test(call) && typeof answer !== 'string') this.held(name);
  }

  /** From now on the server has a hold of this writer's. */
  held(name: string): void {
    this.#heldAt.set(name, time.now);
  }

  #actorSteps(actor: Actor): readonly Step[] {
    if (actor.hasBegun) return [...this.gates.steps(actor.name), ...actor.faultSteps()];
    const earlier = this.#actors.find(({ kind, hasBegun }) => kind === actor.kind && !hasBegun);
    if (earlier !== actor) return [];
    const begin = () => actor.begin();
    const isPatient = actor instanceof Recoverer;
    const take = () => (isPatient ? this.gates.start(actor.name, begin) : this.gates.begin(actor.name, begin));
    return [{ label: `${actor.name} begins`, take }];
  }

  /** Time goes from one moment at which something changes to the next. */
  #timeSteps(): readonly Step[] {
    const moments = [...time.wakeUps(), ...this.#owed.map(({ from }) => from)];
    const renewals = this.#renewalsLeft > 0 ? time.wakeUps(true) : [];
    moments.push(...renewals);
    if (this.scenario.time) {
      // The database may be slow without anybody's hold growing old.
      if (this.#unheld.length) moments.push(BUDGET + 1);
      moments.push(...this.server.leaseEnds.map((at) => at - time.beginning));
      for (const clock of this.server.clocks) {
        for (const { blocksAt, deadline } of this.server.holds(clock).values()) {
          moments.push(...[blocksAt + 1, deadline + 1].map((at) => at - time.beginning));
        }
      }
    }
    const next = Math.min(...moments.filter((moment) => moment > time.now));
    if (next === Infinity || next > this.#patience) return [];
    const take = () => {
      if (renewals.some((at) => at <= next)) this.#renewalsLeft--;
      time.passUntil(next, renewals.length > 0);
      for (const { counts, from } of this.#owed) if (from <= next) this.acknowledge(counts);
      this.#owed = this.#owed.filter(({ from }) => from > next);
    };
    return [{ label: `it is ${next}`, take }];
  }

  /** Since when writers hold who are not done. */
  get #held(): readonly [string, number][] {
    const undone = this.#writers.filter(({ isWaiting, mayYetWrite }) => isWaiting || mayYetWrite);
    return [...this.#heldAt].filter(([name]) => undone.some((writer) => writer.name === name));
  }

  get #unheld(): readonly Writer[] {
    return this.#writers.filter(({ name, isWaiting }) => isWaiting && !this.#heldAt.has(name));
  }

  /**
   * Until when time may pass. A commit may take as long as its hold lives, which is for ever while it is renewed. An advance without
   * a hold may take no time at all: that it is slow would be a second fault.
   */
  get #patience(): number {
    if (this.#unheld.some(({ isAdvancing }) => isAdvancing)) return time.now;
    if (this.scenario.slowCommits) return Infinity;
    const unwritten = this.#writers.filter(({ mayYetWrite }) => mayYetWrite);
    return Math.min(...unwritten.map(({ name }) => (this.#heldAt.get(name) ?? Infinity) + HOLD));
  }
}
