import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEvents, MissReason, SkipReason } from '../events/cache-events.js';
import { Budget, type CacheStore } from '../store/cache-store.js';
import { type AsOf, asOf } from './as-of.js';
import { type Entry, type EntryKind, parseEntry, payloadOf } from './entry.js';
import { Fills } from './fills.js';
import { Flight, Flights, type Seat } from './flights.js';
import type { Limit } from './limit.js';
import type { Answer } from './question.js';
import { Questions } from './questions.js';
import { RecentDependencies } from './recent-dependencies.js';
import type { Seal } from './seal.js';
import type { Dependency } from './dependency.js';

/** What a reader wants, before anybody knows whether the store has it. */
export interface ReadRequest<T> {
  readonly key: string;
  readonly kind: EntryKind;
  /** The query, the manager and the shape of what they return; an entry of another one is not ours to serve. */
  readonly fingerprint: string;
  /** Everything the load may read, with the rows known beforehand. An as-of is taken of every table here. */
  readonly dependencies: readonly Dependency[];
  readonly lifetimeMs: number;
  /**
   * @param isStored where anybody may have put it
   * @throws when the payload is not one this request can use: a miss.
   */
  decode(payload: string, isStored: boolean): T;
}

/** What a load brought. */
export interface Loaded<T> {
  /** For the one who loaded, and nobody else, where there is no payload to decode. */
  readonly own: T;
  /** What everybody decodes a copy of their own from. Without one, whoever joined loads for themselves. */
  readonly payload?: string;
  /** What the result depends on; without, it is not stored. */
  readonly dependencies?: readonly Dependency[];
  /** Why it may not be stored, where the reason is worth an event. Only those who joined before it began may share it then. */
  readonly skipped?: { readonly reason: SkipReason; readonly detail?: string };
}

/** How what the store lacks is loaded. */
export interface Loads<T> {
  /** One result per request. */
  load(missing: readonly ReadRequest<T>[]): Promise<readonly Loaded<T>[]>;
  /** How many may run at once. Default: any number. */
  readonly limit?: Limit;
  /** `true` for a load that another one waits for: it may wait for nobody. */
  readonly isNested?: boolean;
}

/** A load that takes longer than this, in milliseconds, keeps nobody from loading again. */
const OVERDUE_MS = 5_000;

/**
 * Guarantees: a read that began after a write was acknowledged returns nothing older. An entry is served only if nothing it
 * depends on was written after its as-of, and the as-of was taken before the load's first query.
 */
export class ReadThrough {
  readonly #questions: Questions;
  readonly #flights = new Flights<Loaded<unknown>>();
  readonly #recent = new RecentDependencies();
  readonly #fills: Fills;

  /** @param budgetMs how long a read waits for the store, in milliseconds, all its questions together */
  constructor(
    private readonly store: CacheStore,
    private readonly events: CacheEvents,
    private readonly budgetMs: number,
    private readonly seal: Seal,
    private readonly overdueMs = OVERDUE_MS,
  ) {
    const failed = (error: unknown) => events.emit({ name: 'store:failed', operation: 'read', error });
    const parse = (key: string, text: string) => this.#parse(key, text);
    this.#questions = new Questions({ store, failed, parse }, budgetMs);
    this.#fills = new Fills(store, events, this.#recent, seal);
  }

  /** When everything that was loaded so far is stored, or will not be. */
  settled(): Promise<void> {
    return this.#fills.settled();
  }

  /** Stores nothing any more, and waits for what is on its way, but not for a store that does not answer. Reads go on. */
  async close(patienceMs: number): Promise<void> {
    this.#fills.close();
    await Promise.race([this.#fills.settled(), sleep(patienceMs, undefined, { ref: false })]);
  }

  /** What is stored under a key, true or not. */
  async peek(key: string): Promise<Entry | undefined> {
    try {
      const { entries } = await this.store.read([key], [], new Budget(this.budgetMs));
      return entries[0] === undefined ? undefined : this.#parse(key, entries[0]);
    } catch (error) {
      this.events.emit({ name: 'store:failed', operation: 'read', error });
      return undefined;
    }
  }

  /**
   * One question to the store, one load for everything it could not answer. Requests of one call share their tables.
   *
   * @param unless why the store may not be asked
   */
  async read<T>(requests: readonly ReadRequest<T>[], loads: Loads<T>, unless?: MissReason): Promise<T[]> {
    if (!requests.length) return [];
    const tables = requests[0]!.dependencies.map(({ clock }) => clock);
    const answer = unless === undefined ? await this.#ask(requests, tables) : undefined;
    const reason = unless ?? whyNot(answer, tables);
    if (reason) for (const { key } of requests) this.events.emit({ name: 'entry:missed', key, reason });

    const values = reason ? new Map<ReadRequest<T>, T>() : await this.#hits(requests, answer!);
    const missing = requests.filter((request) => !values.has(request));
    if (missing.length) {
      const dated = reason ? undefined : asOf(answer!.clocks, tables);
      const loaded = await this.#load(missing, loads, dated);
      for (const [i, request] of missing.entries()) values.set(request, loaded[i]!);
    }
    return requests.map((request) => values.get(request)!);
  }

  #ask(requests: readonly ReadRequest<unknown>[], tables: readonly string[]): Promise<Answer | undefined> {
    return this.#questions.join(tables, requests, (key) => this.#recent.of(key)).answer;
  }

  /** The requests whose stored entry is still true, decoded. */
  async #hits<T>(requests: readonly ReadRequest<T>[], answer: Answer): Promise<Map<ReadRequest<T>, T>> {
    const found = new Map<ReadRequest<T>, Entry>();
    for (const request of requests) {
      const entry = this.#entry(request, answer);
      if (entry) found.set(request, entry);
    }
    const { clocks } = answer;
    const further = await this.#clocksNotCovered(found, answer);
    const hits = new Map<ReadRequest<T>, T>();
    for (const [request, entry] of found) {
      const isTrue = entry.dependencies.every((dependency) => {
        const view = clocks.covers(dependency) ? clocks : further;
        return view?.epoch === entry.epoch && view.isValid(dependency, dependency.asOf);
      });
      if (!isTrue) {
        this.#missed(request, 'stale');
        continue;
      }
      try {
        hits.set(request, request.decode(payloadOf(entry), true));
        this.events.emit({ name: 'entry:hit', key: request.key });
      } catch (error) {
        this.events.emit({ name: 'entry:corrupt', key: request.key, error });
        this.#missed(request, 'foreign');
      }
    }
    return hits;
  }

  /** What a stored text says, true or not; `undefined` for what is not ours. */
  #parse(key: string, text: string): Entry | undefined {
    const opened = this.seal.open(key, text);
    if (opened !== undefined) return parseEntry(opened);
    this.events.emit({ name: 'entry:unverified', key });
    return undefined;
  }

  /** What is stored for a request, true or not. */
  #entry(request: ReadRequest<unknown>, answer: Answer): Entry | undefined {
    const entry = answer.entry(request.key);
    if (!entry) return this.#missed(request, answer.hasText(request.key) ? 'foreign' : 'absent');
    if (entry.kind !== request.kind || entry.fingerprint !== request.fingerprint) {
      this.events.emit({ name: 'entry:mismatched', key: request.key });
      return this.#missed(request, 'foreign');
    }
    if (!dependsOnlyOn(request.dependencies, entry)) return this.#missed(request, 'foreign');
    return entry.epoch === answer.clocks.epoch ? entry : this.#missed(request, 'epoch');
  }

  /** For entries that show rows nobody in this process knew of; remembered, so that it is the last time. */
  async #clocksNotCovered(found: ReadonlyMap<ReadRequest<unknown>, Entry>, answer: Answer) {
    const unknown: Dependency[] = [];
    for (const [request, entry] of found) {
      const missing = entry.dependencies.filter((dependency) => !answer.clocks.covers(dependency));
      if (!missing.length) continue;
      unknown.push(...missing);
      this.#recent.remember(request.key, entry.dependencies);
    }
    return unknown.length ? answer.further(unknown) : undefined;
  }

  /** Joins the loads that are under way, and leads one for all the others. */
  async #load<T>(requests: readonly ReadRequest<T>[], loads: Loads<T>, dated: AsOf | undefined): Promise<T[]> {
    const joined = new Map<ReadRequest<T>, Promise<T>>();
    const led: ReadRequest<T>[] = [];
    for (const request of requests) {
      const seat = loads.isNested ? undefined : this.#seat(request, loads, dated);
      if (seat) joined.set(request, this.#join(request, seat, loads, dated));
      else led.push(request);
    }
    const own = led.length ? this.#lead(led, loads, dated) : [];
    const values = await Promise.all([...own, ...joined.values()]);
    const inOrder = new Map([...led, ...joined.keys()].map((request, i) => [request, values[i]!]));
    return requests.map((request) => inOrder.get(request)!);
  }

  /** A place in a load that sees every write this reader must see. */
  #seat<T>(request: ReadRequest<T>, loads: Loads<T>, dated: AsOf | undefined): Seat<Loaded<T>> | undefined {
    const seat = this.#flights.find(flightName(request, loads, dated)) as Seat<Loaded<T>> | undefined;
    return dated || !seat?.flight.hasBegun ? seat : undefined;
  }

  /** A copy of somebody else's load, or of one's own where that takes too long. */
  #join<T>(
    request: ReadRequest<T>,
    { flight, number }: Seat<Loaded<T>>,
    loads: Loads<T>,
    dated: AsOf | undefined,
  ): Promise<T> {
    let isAnswered = false;
    let isOverdue = false;
    const another = flight.overdue.then(async () => {
      isOverdue = true;
      // Either will do, and the first one to come may be the one that is late.
      return isAnswered ? undefined : (await this.#load([request], loads, dated))[0];
    }) as Promise<T>;
    another.catch(() => undefined);
    const copy = this.#copy(request, flight, number, loads).then(
      (value) => {
        isAnswered = true;
        return value;
      },
      // What became of a dead connection says nothing of the next one.
      (error: unknown) => (isOverdue ? another : Promise.reject(error as Error)),
    );
    return Promise.race([copy, another]);
  }

  /** A copy of somebody else's load; where it cannot be copied, a load of one's own. */
  async #copy<T>(request: ReadRequest<T>, flight: Flight<Loaded<T>>, number: number, loads: Loads<T>): Promise<T> {
    const isLate = flight.hasBegun;
    const { payload, skipped } = (await flight.landed)[number]!;
    // What is not to be stored is good for those only who could have loaded it themselves.
    if (isLate && skipped && payload !== undefined) return (await this.#load([request], loads, undefined))[0]!;
    try {
      if (payload !== undefined) {
        const value = request.decode(payload, false);
        this.events.emit({ name: 'load:joined', key: request.key });
        return value;
      }
    } catch {
      // Whoever loaded it has said so.
    }
    return this.#lead([request], loads, undefined, [])[0]!;
  }

  #lead<T>(
    requests: readonly ReadRequest<T>[],
    loads: Loads<T>,
    dated: AsOf | undefined,
    names = requests.map((request) => flightName(request, loads, dated)),
  ): Promise<T>[] {
    const withdraw = () => this.#flights.withdraw(names, flight);
    const flight: Flight<Loaded<T>> = new Flight(() => loads.load(requests), {
      limit: loads.isNested ? undefined : loads.limit,
      overdueMs: this.overdueMs,
      begins: () => dated ?? withdraw(),
      isOverdue: withdraw,
    });
    this.#flights.offer(names, flight);
    // Until it is stored, so that nobody who comes between load and store loads again.
    if (dated) void flight.landed.then((loaded) => this.#fills.add(requests, loaded, dated)).then(withdraw, withdraw);
    return requests.map(async (request, i) => this.#own(request, (await flight.landed)[i]!));
  }

  /** A hit and a miss cannot differ: both are decoded, unless that fails. */
  #own<T>(request: ReadRequest<T>, { own, payload }: Loaded<T>): T {
    if (payload === undefined) return own;
    try {
      return request.decode(payload, false);
    } catch (error) {
      this.events.emit({ name: 'entry:corrupt', key: request.key, error });
      return own;
    }
  }

  #missed(request: ReadRequest<unknown>, reason: MissReason): undefined {
    this.events.emit({ name: 'entry:missed', key: request.key, reason });
  }
}

/** Why nothing may be served or stored for now. */
function whyNot(answer: Answer | undefined, tables: readonly string[]): MissReason | undefined {
  if (!answer) return 'store';
  return answer.clocks.isHeld(tables) ? 'held' : undefined;
}

/**
 * The store makes a clock for whatever it is asked about, so it is asked about no table but those of the request, whatever an entry
 * names. An honest one may name more: another process has seen a load read a table that this one has not seen yet. That is one miss.
 */
function dependsOnlyOn(known: readonly Dependency[], { dependencies }: Entry): boolean {
  const isKnown = (table: string) => {
    for (const dependency of known) if (dependency.clock === table) return true;
    return false;
  };
  for (const { clock } of dependencies) if (!isKnown(clock)) return false;
  return true;
}

/** Another limit is another pool: what waits in one that has ended may wait for ever. */
function flightName(
  { key, fingerprint }: ReadRequest<unknown>,
  { limit }: Pick<Loads<unknown>, 'limit'>,
  dated: AsOf | undefined,
): string {
  return JSON.stringify([key, fingerprint, limit?.id, dated?.name]);
}
