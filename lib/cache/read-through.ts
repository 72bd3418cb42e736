import type { CacheEvents, MissReason, SkipReason } from '../events/cache-events.js';
import type { CacheStore, EntriesRead } from '../store/cache-store.js';
import { type Entry, type EntryKind, formatEntry, parseEntry } from './entry.js';
import { RecentDependencies } from './recent-dependencies.js';
import { SingleFlight } from './single-flight.js';
import { type Dependency, TagView, tagQueries } from './tags.js';

/** What a reader wants, before anybody knows whether the store has it. */
export interface ReadRequest<T> {
  readonly key: string;
  readonly kind: EntryKind;
  /** The query, the manager and the shape of what they return; an entry of another one is not ours to serve. */
  readonly fingerprint: string;
  /** Everything the load may read, with the rows known beforehand. An as-of is taken of every table here. */
  readonly dependencies: readonly Dependency[];
  readonly lifetimeMs: number;
  /** @throws when the payload is not one this request can use: a miss. */
  decode(payload: string): T | Promise<T>;
}

/** What a load brought. */
export interface Loaded<T> {
  /** The caller's own: nobody else gets this instance. */
  readonly value: T;
  /** What others decode their own copy from. Without one, whoever joined loads for themselves. */
  readonly payload?: string;
  /** What the result depends on; without, it may be shared but not stored. */
  readonly dependencies?: readonly Dependency[];
  /** Why it may not be stored, where the reason is worth an event. */
  readonly skipped?: { readonly reason: SkipReason; readonly detail?: string };
}

export type Load<T> = (missing: readonly ReadRequest<T>[]) => Promise<readonly Loaded<T>[]>;

/** Tags outlive every entry that relies on them: an entry without its tags is a miss that need not have been. */
const TAG_LIFETIME = 2;

/**
 * Guarantees: a read that began after a write was acknowledged returns nothing older. An entry is served only if nothing it
 * depends on was written after its as-of, and the as-of was taken before the load's first query.
 */
export class ReadThrough {
  readonly #flights = new SingleFlight<Loaded<unknown>>();
  readonly #recent = new RecentDependencies();

  constructor(
    private readonly store: CacheStore,
    private readonly events: CacheEvents,
  ) {}

  async read<T>(request: ReadRequest<T>, load: () => Promise<Loaded<T>>): Promise<T> {
    const [value] = await this.readMany([request], async () => [await load()]);
    return value as T;
  }

  /** What is stored under a key, true or not. */
  async peek(key: string): Promise<Entry | undefined> {
    const read = await this.#ask('read', () => this.store.read([key], [], 0));
    const text = read?.entries[0];
    return text === undefined ? undefined : parseEntry(text);
  }

  /** One round trip to the store, one load for everything it could not answer. Requests of one call share their tables. */
  async readMany<T>(requests: readonly ReadRequest<T>[], load: Load<T>): Promise<T[]> {
    const first = requests[0];
    if (!first) return [];
    const tables = first.dependencies.map(({ table }) => table);
    const queries = tagQueries(
      tables,
      requests.flatMap(({ key, dependencies }) => [...dependencies, ...this.#recent.of(key)]),
    );
    const keys = requests.map(({ key }) => key);
    const read = await this.#ask('read', () => this.store.read(keys, queries, first.lifetimeMs * TAG_LIFETIME));
    if (!read) return this.#loadAlone(requests, load, 'store');

    const tags = new TagView(queries, read);
    if (tags.isHeld(tables)) return this.#loadAlone(requests, load, 'held');

    const values = new Map<ReadRequest<T>, Promise<T>>();
    for (const [request, value] of await this.#hits(requests, read, tags, tables))
      values.set(request, Promise.resolve(value));
    const missing = requests.filter((request) => !values.has(request));
    if (missing.length) this.#loadMissing(missing, load, tags, tables, values);
    return Promise.all(requests.map((request) => values.get(request)!));
  }

  /** The requests whose stored entry is still true, decoded. */
  async #hits<T>(
    requests: readonly ReadRequest<T>[],
    read: EntriesRead,
    tags: TagView,
    tables: readonly string[],
  ): Promise<Map<ReadRequest<T>, T>> {
    const found = new Map<ReadRequest<T>, Entry>();
    requests.forEach((request, i) => {
      const text = read.entries[i];
      const entry = text === undefined ? undefined : parseEntry(text);
      if (!entry) return this.#missed(request, text === undefined ? 'absent' : 'foreign');
      if (entry.kind !== request.kind || entry.fingerprint !== request.fingerprint) {
        this.events.emit({ name: 'entry:mismatched', key: request.key });
        return this.#missed(request, 'foreign');
      }
      if (entry.epoch !== tags.epoch) return this.#missed(request, 'epoch');
      found.set(request, entry);
    });

    const more = await this.#tagsNotCovered(found, tags, tables);
    const hits = new Map<ReadRequest<T>, T>();
    for (const [request, entry] of found) {
      const valid = entry.dependencies.every((dependency) => {
        const view = tags.covers(dependency) ? tags : more;
        return view?.epoch === entry.epoch && view.isValid(dependency, dependency.asOf);
      });
      if (!valid) {
        this.#missed(request, 'stale');
        continue;
      }
      try {
        hits.set(request, await request.decode(entry.payload));
        this.events.emit({ name: 'entry:hit', key: request.key });
      } catch (error) {
        this.events.emit({ name: 'entry:corrupt', key: request.key, error });
        this.#missed(request, 'foreign');
      }
    }
    return hits;
  }

  /** A second round trip, for entries that show rows nobody in this process knew of; remembered, so that it is the last. */
  async #tagsNotCovered(
    found: Map<ReadRequest<unknown>, Entry>,
    tags: TagView,
    tables: readonly string[],
  ): Promise<TagView | undefined> {
    const unknown: Dependency[] = [];
    let lifetimeMs = 0;
    for (const [request, entry] of found) {
      const missing = entry.dependencies.filter((dependency) => !tags.covers(dependency));
      if (!missing.length) continue;
      unknown.push(...missing);
      lifetimeMs = Math.max(lifetimeMs, request.lifetimeMs * TAG_LIFETIME);
      this.#recent.remember(request.key, entry.dependencies);
    }
    if (!unknown.length) return undefined;
    // All tables again: on a cluster the epoch is that of the servers asked.
    const queries = tagQueries(tables, unknown);
    const read = await this.#ask('read', () => this.store.read([], queries, lifetimeMs));
    return read && new TagView(queries, read);
  }

  #loadMissing<T>(
    missing: readonly ReadRequest<T>[],
    load: Load<T>,
    tags: TagView,
    tables: readonly string[],
    values: Map<ReadRequest<T>, Promise<T>>,
  ): void {
    const asOf = tags.asOf(tables);
    const flightOf = ({ key, fingerprint }: ReadRequest<T>) => JSON.stringify([key, fingerprint, tags.epoch, asOf]);
    const led: ReadRequest<T>[] = [];
    for (const request of missing) {
      const flight = this.#flights.current(flightOf(request)) as Promise<Loaded<T>> | undefined;
      if (flight) values.set(request, this.#join(request, flight, load));
      else led.push(request);
    }
    if (!led.length) return;
    const loading = load(led);
    const filled = loading.then((loaded) => this.#fill(led, loaded, tags, asOf, tables));
    led.forEach((request, i) => {
      this.#flights.lead(
        flightOf(request),
        loading.then((loaded) => loaded[i]!),
        filled,
      );
      values.set(
        request,
        filled.then(async () => (await loading)[i]!.value),
      );
    });
  }

  /** A copy of somebody else's load; where it cannot be copied, a load of one's own. */
  async #join<T>(request: ReadRequest<T>, flight: Promise<Loaded<T>>, load: Load<T>): Promise<T> {
    const { payload } = await flight;
    if (payload === undefined) return (await load([request]))[0]!.value;
    this.events.emit({ name: 'load:joined', key: request.key });
    return request.decode(payload);
  }

  /** Without an as-of a load is nobody else's: it neither joins another nor is joined, and it is not stored. */
  async #loadAlone<T>(requests: readonly ReadRequest<T>[], load: Load<T>, reason: MissReason): Promise<T[]> {
    for (const request of requests) this.#missed(request, reason);
    return (await load(requests)).map(({ value }) => value);
  }

  /** Never rejects: whatever becomes of the entry, the caller has its rows. */
  async #fill<T>(
    requests: readonly ReadRequest<T>[],
    loaded: readonly Loaded<T>[],
    tags: TagView,
    asOf: readonly number[],
    tables: readonly string[],
  ): Promise<void> {
    const fills: { request: ReadRequest<T>; payload: string; dependencies: readonly Dependency[] }[] = [];
    loaded.forEach(({ payload, dependencies, skipped }, i) => {
      const request = requests[i]!;
      if (skipped) this.events.emit({ name: 'entry:skipped', key: request.key, ...skipped });
      else if (payload !== undefined && dependencies) fills.push({ request, payload, dependencies });
    });
    if (!fills.length) return;
    const lifetimeMs = fills[0]!.request.lifetimeMs;
    const queries = tagQueries(
      tables,
      fills.flatMap(({ dependencies }) => dependencies),
    );
    // The row tags come first: a row without one stands for its whole table, and any write there would make the entry a miss.
    const read = await this.#ask('touch', () => this.store.touch(queries, lifetimeMs * TAG_LIFETIME));
    if (!read) return;
    const now = new TagView(queries, read);
    const asOfTable = new Map(tables.map((table, i) => [table, asOf[i]!]));
    await Promise.all(
      fills.map(async ({ request: { key, kind, fingerprint }, payload, dependencies }) => {
        const dated = dependencies.map((dependency) => ({ ...dependency, asOf: asOfTable.get(dependency.table)! }));
        // Already overtaken: storing it could replace a younger entry that is still true.
        if (now.epoch !== tags.epoch || !dated.every((dependency) => now.isValid(dependency, dependency.asOf))) {
          return this.events.emit({ name: 'entry:skipped', key, reason: 'overtaken' });
        }
        const entry = formatEntry({ kind, fingerprint, epoch: tags.epoch, dependencies: dated, payload });
        await this.#ask('put', async () => {
          await this.store.put(key, entry, lifetimeMs);
          this.#recent.remember(key, dependencies);
          this.events.emit({ name: 'entry:filled', key });
        });
      }),
    );
  }

  /** A store that fails is a miss, never an error of the read. */
  async #ask<T>(operation: string, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      this.events.emit({ name: 'store:failed', operation, error });
      return undefined;
    }
  }

  #missed(request: ReadRequest<unknown>, reason: MissReason): void {
    this.events.emit({ name: 'entry:missed', key: request.key, reason });
  }
}
