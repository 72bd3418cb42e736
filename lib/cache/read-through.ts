import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEvents, MissReason } from '../events/cache-events.js';
import { tellFailed, tellFailedInTime } from '../events/tell-failed.js';
import { Budget, type CacheStore } from '../store/cache-store.js';
import { isOf, missed, type Tell } from './answered-requests.js';
import type { AsOf } from './as-of.js';
import type { Dependency } from './dependency.js';
import { endOfTurn } from './end-of-turn.js';
import { type Entry, parseEntry } from './entry.js';
import { ExpectedRows } from './expected-rows.js';
import { Fills } from './fills.js';
import { Hits } from './hits.js';
import { isWithin } from './leeway.js';
import { NearCache } from './near-cache.js';
import { type Answer, Question } from './question.js';
import { Questions } from './questions.js';
import type { Batch, Loads, ReadRequest } from './read-request.js';
import { Redated } from './redated.js';
import { Renewals } from './renewals.js';
import type { Seal } from './seal.js';
import { SingleFlight } from './single-flight.js';
import { type Found, type Looked, Turns } from './turns.js';

/** A load that takes longer than this, in milliseconds, keeps nobody from loading again. */
const OVERDUE_MS = 5_000;

/**
 * Guarantees: a read that began after a write was acknowledged returns nothing older. An entry is served only if nothing it
 * depends on was written after its as-of, and the as-of was taken before the load's first query.
 */
export class ReadThrough {
  readonly #questions: Questions;
  readonly #fills: Fills;
  readonly #hits: Hits;
  readonly #turns: Turns;
  readonly #flights: SingleFlight;
  readonly #renewals: Renewals;
  readonly #tell: Tell;

  /**
   * @param budgetMs how long a read waits for the store, in milliseconds, all its questions together
   * @param near what this process has read lately. Default: it keeps nothing.
   */
  constructor(
    private readonly store: CacheStore,
    private readonly events: CacheEvents,
    private readonly budgetMs: number,
    private readonly seal: Seal,
    overdueMs = OVERDUE_MS,
    private readonly near = new NearCache(0),
    private readonly expected = new ExpectedRows(),
    redated = new Redated(),
  ) {
    this.#tell = (event) => events.emit(event);
    const failed = (error: unknown) => tellFailed(events, 'read', error);
    const parse = (key: string, text: string) => this.#parse(key, text);
    this.#questions = new Questions(
      { store, failed, parse, near, journals: expected.journals },
      budgetMs,
      this.expected,
    );
    this.#fills = new Fills(store, events, seal, near, expected, budgetMs);
    this.#hits = new Hits(expected, redated, near, this.#fills, parse, budgetMs);
    this.#turns = new Turns(store, events, (...asked) => this.#look(...asked), budgetMs);
    this.#flights = new SingleFlight(events, this.#fills, this.#turns, overdueMs);
    events.on('tag:advanced', ({ table }) => expected.moved(table));
    this.#renewals = new Renewals(this.#flights, store, events, budgetMs, overdueMs);
  }

  /**
   * One question to the store, one load for everything it could not answer.
   *
   * @param unless why the store may not be asked
   */
  async readMany<T>({ clocks, requests }: Batch<T>, loads: Loads<T>, unless?: MissReason): Promise<T[]> {
    if (!requests.length) return [];
    if (!unless && requests.length === 1) {
      const own = this.#inHand(requests[0]!);
      if (own) return own;
    }
    const answer = unless ? undefined : await this.#ask(clocks, requests);
    const reason = unless ?? whyNot(clocks, answer);
    if (reason || !answer) {
      for (const request of requests) missed(this.#tell, request, reason ?? 'store');
      return this.#load(requests, loads, undefined, answer);
    }
    const expired: ReadRequest<T>[] = [];
    // Nobody inside of a load waits for a place among the loads.
    const see = loads.isNested ? undefined : loads.see;
    const values = await this.#hits.of(requests, answer, this.#tell, { expired, see });
    if (expired.length) this.#renewals.begin(expired, loads, (renewed) => answer.asOfShowing(rowsOf(renewed)));
    const missing = requests.filter((request) => !values.has(request));
    if (missing.length) {
      const loaded = await this.#loadMissing(missing, loads, answer);
      missing.forEach((request, i) => values.set(request, loaded[i]!));
    }
    return requests.map((request) => values.get(request)!);
  }

  /** What is stored under a key, true or not. */
  async peek(key: string): Promise<Entry | undefined> {
    try {
      const { entries } = await this.store.read([key], [], new Budget(this.budgetMs));
      return entries[0] === undefined ? undefined : this.#parse(key, entries[0]);
    } catch (error) {
      tellFailed(this.events, 'read', error);
      return undefined;
    }
  }

  /** When everything that was loaded so far is stored, or will not be. */
  async settled(): Promise<void> {
    await this.#renewals.settled();
    await this.#fills.settled();
  }

  /** Stores nothing any more, and waits for what is on its way, but not for a store that does not answer. Reads go on. */
  async close(patienceMs: number): Promise<void> {
    this.#renewals.close();
    this.#fills.close();
    await Promise.race([this.#delivered(), sleep(patienceMs, undefined, { ref: false })]);
  }

  /** Leases come last: what was leased for is given back when it is stored. One that is cut off would look like a store that fails. */
  async #delivered(): Promise<void> {
    await this.#fills.settled();
    await endOfTurn();
    await this.#turns.settled();
  }

  /** What this process has, where the store can vouch for it at once. Anything else about it is for the store to say. */
  #inHand<T>(request: ReadRequest<T>): [T] | undefined {
    const { key, keeping } = request;
    const entry = keeping && this.near.get(key);
    if (!entry || !isOf(request, entry) || !isWithin(entry, 0) || !this.store.vouchesFor(key, entry)) return undefined;
    try {
      const value = keeping.make(entry.reading, true);
      this.events.emit({ name: 'entry:hit', key });
      return [value];
    } catch {
      // Whoever asks the store is told of it.
      return undefined;
    }
  }

  /** What the store says; `undefined` where it does not. */
  #ask(clocks: readonly string[], requests: readonly ReadRequest<unknown>[]): Promise<Answer | undefined> {
    return this.#questions.join(clocks, requests).answer;
  }

  /** By an as-of that shows their rows. What is under way is joined at once: when such an as-of is there, it may be over. */
  async #loadMissing<T>(requests: readonly ReadRequest<T>[], loads: Loads<T>, answer: Answer): Promise<T[]> {
    const shown = answer.asOfShown(rowsOf(requests));
    if (shown) return this.#load(requests, loads, shown, answer);
    const { asOf } = answer;
    const [joined, led]: [ReadRequest<T>[], ReadRequest<T>[]] = [[], []];
    for (const each of requests) (this.#flights.isUnderWay(each, loads, asOf) ? joined : led).push(each);
    const lead = async () => this.#load(led, loads, await answer.asOfShowing(rowsOf(led)), answer);
    const [theirs, own] = await Promise.all([
      joined.length ? this.#load(joined, loads, asOf, answer) : [],
      led.length ? lead() : [],
    ]);
    const values = new Map([
      ...joined.map((each, i) => [each, theirs[i]!] as const),
      ...led.map((each, i) => [each, own[i]!] as const),
    ]);
    return requests.map((request) => values.get(request)!);
  }

  /** What the database says; where none can be reached, what the store had, as far as that is wanted. */
  async #load<T>(
    requests: readonly ReadRequest<T>[],
    loads: Loads<T>,
    asOf: AsOf | undefined,
    answer: Answer | undefined,
  ): Promise<T[]> {
    const isLastWanted = answer && requests.every(({ leeway }) => leeway && leeway.unreachedMs > 0);
    // Without the answer: what is stale in it may be megabytes, and a load takes its time.
    if (!isLastWanted) return this.#flights.load(requests, loads, asOf, answer?.budget);
    try {
      return await this.#flights.load(requests, loads, asOf, answer.budget);
    } catch (error) {
      const last = loads.isUnreached?.(error) ? this.#last(requests, answer) : undefined;
      if (!last) throw error;
      for (const { key } of requests) {
        this.events.emit({ name: 'load:failed', key, error });
        this.events.emit({ name: 'entry:hit', key, stale: 'error' });
      }
      return last;
    }
  }

  /** What the store had of each request, whatever was written since; `undefined` unless it had all of them. */
  #last<T>(requests: readonly ReadRequest<T>[], answer: Answer): T[] | undefined {
    const last: T[] = [];
    for (const request of requests) {
      const stored = answer.entry(request.key);
      if (!stored || !isOf(request, stored.head) || !isWithin(stored.head, request.leeway!.unreachedMs))
        return undefined;
      try {
        last.push(stored.valueFor(request));
      } catch (error) {
        this.events.emit({ name: 'entry:corrupt', key: request.key, error });
        return undefined;
      }
    }
    return last;
  }

  /** Another look at the store, by readers who wait for an entry: judged by clocks that are read with it, as any entry is. */
  async #look<T>(
    { clocks }: AsOf,
    requests: readonly ReadRequest<T>[],
    budget: Budget,
  ): Promise<Looked<T> | undefined> {
    const { store } = this;
    const { journals } = this.expected;
    const parse = (key: string, text: string) => this.#parse(key, text);
    const failed = (error: unknown) => tellFailedInTime(this.events, 'read', error);
    const question = new Question({ store, clocks, budget, failed, parse, journals });
    const byKey = new Map(requests.map((request) => [request.key, request]));
    for (const { key, rows } of byKey.values()) {
      question.about(key, rows);
      question.about(undefined, this.expected.of(key, rows));
    }
    const answer = await question.answer;
    if (!answer || answer.view.isHeld(clocks)) return undefined;
    // Who waits has been told of the miss already.
    const tell: Tell = (event) => event.name === 'entry:corrupt' && this.#tell(event);
    const hits = await this.#hits.of(requests, answer, tell);
    const found = new Map<ReadRequest<T>, Found<T>>();
    for (const [request, own] of hits) {
      found.set(request, { own, payload: answer.entry(request.key)!.payload!, isStored: true });
    }
    return { found, asOf: answer.asOf };
  }

  /** What a stored text says, true or not; `undefined` for what is not ours. */
  #parse(key: string, text: string): Entry | undefined {
    const opened = this.seal.open(key, text);
    if (opened !== undefined) return parseEntry(opened);
    this.events.emit({ name: 'entry:unverified', key });
    return undefined;
  }
}

/** What their loads are known to show. */
function rowsOf(requests: readonly ReadRequest<unknown>[]): readonly Dependency[] {
  return requests.length === 1 ? requests[0]!.rows : requests.flatMap(({ rows }) => rows);
}

/** Why an answer is good for nothing but the entries in it. */
function whyNot(clocks: readonly string[], answer: Answer | undefined): MissReason | undefined {
  if (!answer) return 'store';
  return answer.view.isHeld(clocks) ? 'held' : undefined;
}
