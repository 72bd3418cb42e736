import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEvents, MissReason } from '../events/cache-events.js';
import { tellFailed } from '../events/tell-failed.js';
import { Budget, type CacheStore } from '../store/cache-store.js';
import type { ClockView } from './clock-view.js';
import type { Dependency } from './dependency.js';
import { type Entry, parseEntry, payloadOf } from './entry.js';
import { Fills } from './fills.js';
import type { Answer } from './question.js';
import { Questions } from './questions.js';
import type { Batch, Loads, ReadRequest } from './read-request.js';
import { RecentDependencies } from './recent-dependencies.js';
import type { Seal } from './seal.js';
import { SingleFlight } from './single-flight.js';

/** A load that takes longer than this, in milliseconds, keeps nobody from loading again. */
const OVERDUE_MS = 5_000;

/**
 * Guarantees: a read that began after a write was acknowledged returns nothing older. An entry is served only if nothing it
 * depends on was written after its as-of, and the as-of was taken before the load's first query.
 */
export class ReadThrough {
  readonly #questions: Questions;
  readonly #recent = new RecentDependencies();
  readonly #fills: Fills;
  readonly #flights: SingleFlight;

  /** @param budgetMs how long a read waits for the store, in milliseconds, all its questions together */
  constructor(
    private readonly store: CacheStore,
    private readonly events: CacheEvents,
    private readonly budgetMs: number,
    private readonly seal: Seal,
    overdueMs = OVERDUE_MS,
  ) {
    const failed = (error: unknown) => tellFailed(events, 'read', error);
    const parse = (key: string, text: string) => this.#parse(key, text);
    this.#questions = new Questions({ store, failed, parse }, budgetMs);
    this.#fills = new Fills(store, events, this.#recent, seal);
    this.#flights = new SingleFlight(events, this.#fills, overdueMs);
  }

  /**
   * One question to the store, one load for everything it could not answer.
   *
   * @param unless why the store may not be asked
   */
  async readMany<T>({ clocks, requests }: Batch<T>, loads: Loads<T>, unless?: MissReason): Promise<T[]> {
    if (!requests.length) return [];
    const answer = unless ?? (await this.#ask(clocks, requests));
    if (typeof answer === 'string') {
      for (const request of requests) this.#missed(request, answer);
      return this.#flights.load(requests, loads, undefined);
    }
    const values = await this.#hits(clocks, requests, answer);
    const missing = requests.filter((request) => !values.has(request));
    if (missing.length) {
      const loaded = await this.#flights.load(missing, loads, answer.asOf);
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
  settled(): Promise<void> {
    return this.#fills.settled();
  }

  /** Stores nothing any more, and waits for what is on its way, but not for a store that does not answer. Reads go on. */
  async close(patienceMs: number): Promise<void> {
    this.#fills.close();
    await Promise.race([this.#fills.settled(), sleep(patienceMs, undefined, { ref: false })]);
  }

  /** What the store says, or why nothing may be served or stored for now. */
  async #ask(clocks: readonly string[], requests: readonly ReadRequest<unknown>[]): Promise<Answer | MissReason> {
    const answer = await this.#questions.join(clocks, requests, (key) => this.#recent.of(key)).answer;
    if (!answer) return 'store';
    return answer.view.isHeld(clocks) ? 'held' : answer;
  }

  /** The requests whose stored entry is still true, decoded. */
  async #hits<T>(
    clocks: readonly string[],
    requests: readonly ReadRequest<T>[],
    answer: Answer,
  ): Promise<Map<ReadRequest<T>, T>> {
    const found = new Map<ReadRequest<T>, Entry>();
    for (const request of requests) {
      const entry = this.#entry(clocks, request, answer);
      if (entry) found.set(request, entry);
    }
    const further = await this.#clocksNotCovered(found, answer);
    const hits = new Map<ReadRequest<T>, T>();
    for (const [request, entry] of found) {
      if (isTrue(entry, answer.view, further)) this.#decode(request, entry, hits);
      else this.#missed(request, 'stale');
    }
    return hits;
  }

  /** What is stored for a request, true or not. */
  #entry(clocks: readonly string[], request: ReadRequest<unknown>, answer: Answer): Entry | undefined {
    const entry = answer.entry(request.key);
    if (!entry) return this.#missed(request, answer.hasText(request.key) ? 'foreign' : 'absent');
    if (entry.kind !== request.kind || entry.fingerprint !== request.fingerprint) {
      this.events.emit({ name: 'entry:mismatched', key: request.key });
      return this.#missed(request, 'foreign');
    }
    // The store makes a clock for whatever it is asked about, so it is asked about none but the batch's, whatever an entry names. An
    // honest one may name more: another process has seen a load read a table that this one has not seen yet. That is one miss.
    if (!entry.dependencies.every(({ clock }) => clocks.includes(clock))) return this.#missed(request, 'foreign');
    return entry.epoch === answer.view.epoch ? entry : this.#missed(request, 'epoch');
  }

  /** For entries that show rows nobody in this process knew of; remembered, so that it is the last time. */
  async #clocksNotCovered(
    found: ReadonlyMap<ReadRequest<unknown>, Entry>,
    answer: Answer,
  ): Promise<ClockView | undefined> {
    const unknown: Dependency[] = [];
    for (const [request, entry] of found) {
      const missing = entry.dependencies.filter((dependency) => !answer.view.covers(dependency));
      if (!missing.length) continue;
      unknown.push(...missing);
      this.#recent.remember(request.key, entry.dependencies);
    }
    return unknown.length ? answer.further(unknown) : undefined;
  }

  #decode<T>(request: ReadRequest<T>, entry: Entry, hits: Map<ReadRequest<T>, T>): void {
    try {
      hits.set(request, request.decode(payloadOf(entry), true));
      this.events.emit({ name: 'entry:hit', key: request.key });
    } catch (error) {
      this.events.emit({ name: 'entry:corrupt', key: request.key, error });
      this.#missed(request, 'foreign');
    }
  }

  /** What a stored text says, true or not; `undefined` for what is not ours. */
  #parse(key: string, text: string): Entry | undefined {
    const opened = this.seal.open(key, text);
    if (opened !== undefined) return parseEntry(opened);
    this.events.emit({ name: 'entry:unverified', key });
    return undefined;
  }

  #missed({ key }: ReadRequest<unknown>, reason: MissReason): undefined {
    this.events.emit({ name: 'entry:missed', key, reason });
  }
}

/** Whether nothing an entry depends on was written since its load began. */
function isTrue({ epoch, dependencies }: Entry, view: ClockView, further: ClockView | undefined): boolean {
  return dependencies.every((dependency) => {
    const covering = view.covers(dependency) ? view : further;
    return covering?.epoch === epoch && covering.isValid(dependency);
  });
}
