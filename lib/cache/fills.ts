import type { CacheEvents } from '../events/cache-events.js';
import { tellFailed } from '../events/tell-failed.js';
import { footprintsText } from '../journal/footprint.js';
import { Budget, type CacheStore, markOf } from '../store/cache-store.js';
import type { AsOf } from './as-of.js';
import { ClockView } from './clock-view.js';
import { type Dependency, clockQueries } from './dependency.js';
import { type DatedDependency, type Entry, formatEntry } from './entry.js';
import type { ExpectedRows } from './expected-rows.js';
import { lifetimeOf, longestLifeMs } from './leeway.js';
import { keptEntry, type NearCache } from './near-cache.js';
import { PIECE } from './read-in-pieces.js';
import type { Loaded, ReadRequest } from './read-request.js';
import type { Seal } from './seal.js';

/** Clocks outlive every entry that relies on them: an entry without its clocks is a miss that need not have been. */
const CLOCK_LIFETIME = 2;

/** Characters of payload on their way to the store at once. A store too slow for more is not worth the memory. */
const MOST_UNDER_WAY = 64 * 1024 * 1024;

interface Fill {
  readonly request: ReadRequest<unknown>;
  readonly loaded: Loaded<unknown>;
  readonly payload: string;
  readonly dependencies: readonly Dependency[];
  readonly lifetimeMs: number;
  isStored?: true;
}

/** Stores what was loaded, while whoever asked for it has gone on. */
export class Fills {
  #underWay = 0;
  #isClosed = false;
  readonly #pending = new Set<Promise<unknown>>();

  constructor(
    private readonly store: CacheStore,
    private readonly events: CacheEvents,
    private readonly seal: Seal,
    private readonly near: NearCache,
    private readonly expected: ExpectedRows,
    private readonly budgetMs: number,
  ) {}

  /** Never rejects: whatever becomes of the entries, their readers have their rows. The result is what was stored. */
  add(
    requests: readonly ReadRequest<unknown>[],
    loaded: readonly Loaded<unknown>[],
    asOf: AsOf,
  ): Promise<ReadonlySet<ReadRequest<unknown>>> {
    const added = this.#add(requests, loaded, asOf);
    this.#pending.add(added);
    void added.then(() => this.#pending.delete(added));
    return added;
  }

  /** When nothing is on its way to the store. */
  async settled(): Promise<void> {
    while (this.#pending.size) await Promise.all(this.#pending);
  }

  /** From now on nothing is stored: it could open again what is being closed. */
  close(): void {
    this.#isClosed = true;
  }

  async #add(
    requests: readonly ReadRequest<unknown>[],
    loaded: readonly Loaded<unknown>[],
    asOf: AsOf,
  ): Promise<ReadonlySet<ReadRequest<unknown>>> {
    if (this.#isClosed) return new Set();
    const fills = loaded.flatMap((each, i) => this.#worthwhile(requests[i]!, each));
    const size = fills.reduce((sum, { payload }) => sum + payload.length, 0);
    if (!fills.length) return new Set();
    if (this.#underWay > 0 && this.#underWay + size > MOST_UNDER_WAY) {
      for (const { request } of fills) this.events.emit({ name: 'entry:skipped', key: request.key, reason: 'busy' });
      return new Set();
    }
    this.#underWay += size;
    try {
      await this.#fill(fills, asOf);
    } catch (error) {
      tellFailed(this.events, 'fill', error);
    } finally {
      this.#underWay -= size;
    }
    return new Set(fills.filter(({ isStored }) => isStored).map(({ request }) => request));
  }

  #worthwhile(request: ReadRequest<unknown>, loaded: Loaded<unknown>): Fill[] {
    const { payload, dependencies, skipped, lifetimeMs = request.lifetimeMs } = loaded;
    if (skipped) this.events.emit({ name: 'entry:skipped', key: request.key, ...skipped });
    else if (payload !== undefined && dependencies) return [{ request, loaded, payload, dependencies, lifetimeMs }];
    return [];
  }

  /** Piece by piece: readers use the same connection. A store that does not take the first piece is not asked about the next. */
  async #fill(fills: readonly Fill[], asOf: AsOf): Promise<void> {
    await this.#ask('touch', async () => {
      for (let from = 0; from < fills.length; from += PIECE)
        await this.#fillSome(fills.slice(from, from + PIECE), asOf);
    });
  }

  async #fillSome(fills: readonly Fill[], asOf: AsOf): Promise<void> {
    const lives = fills.map(({ request, lifetimeMs }) => longestLifeMs(lifetimeMs, request.leeway));
    const queries = clockQueries(
      asOf.clocks,
      fills.flatMap(({ dependencies }) => dependencies),
    );
    // The clocks of rows come first: a row without one stands for its whole table, and any write there would make the entry a miss.
    const now = new ClockView(queries, await this.store.touch(queries, Math.max(...lives) * CLOCK_LIFETIME));
    await Promise.all(fills.map((fill) => this.#ask('put', () => this.#put(fill, asOf, now))));
  }

  async #put(fill: Fill, asOf: AsOf, now: ClockView): Promise<void> {
    const { request, loaded, payload, dependencies, lifetimeMs } = fill;
    const { key, kind, fingerprint, leeway } = request;
    const dates = dependencies.map((dependency) => asOf.date(dependency));
    // Already overtaken: storing it could replace a younger entry that is still true.
    if (!asOf.isStillTrue(dates, now)) {
      return this.events.emit({ name: 'entry:skipped', key, reason: 'overtaken' });
    }
    const { epoch } = asOf;
    const { freshMs, keptMs } = lifetimeOf(lifetimeMs, leeway);
    const freshUntil = keptMs > freshMs ? Math.ceil(Date.now() + freshMs) : 0;
    const found = loaded.footprints?.();
    this.expected.journals.rows.sawEntry(epoch, dates, (i) => found?.get(dates[i]!.clock));
    const footprints = footprintsText(dates.map(({ clock }) => found?.get(clock)));
    const dated = footprints
      ? dates.map((each) => (found!.has(each.clock) ? { ...each, isJournaled: true } : each))
      : dates;
    const head = { kind, fingerprint, epoch, dependencies: dated, footprints, freshUntil };
    const text = this.seal.close(key, formatEntry({ ...head, payload }));
    await this.store.put(key, text, keptMs);
    if (loaded.reading) this.near.set(key, keptEntry(head, text, loaded.reading));
    this.expected.saw(key, dated);
    fill.isStored = true;
    this.events.emit({ name: 'entry:filled', key });
  }

  /**
   * Dates what the store has of an entry anew, while whoever found it true has gone on: it says when it was found true, so a late one harms
   * nobody. Never rejects.
   *
   * @param mark how the text begins that was judged: where another one stands there by now, it is left alone
   * @param parse what a stored text says
   */
  writeBack(
    key: string,
    mark: string,
    dependencies: readonly DatedDependency[],
    parse: (key: string, text: string) => Entry | undefined,
  ): void {
    // In one process what is remembered of it is enough.
    if (this.#isClosed || this.store.reach === 'process') return;
    const written = this.#ask('write back', async () => {
      const { entries } = await this.store.read([key], [], new Budget(this.budgetMs));
      const [text] = entries;
      const entry = text === undefined || markOf(text) !== mark ? undefined : parse(key, text);
      if (!entry || this.#isClosed) return;
      const dated = this.seal.close(key, formatEntry({ ...entry, dependencies }));
      await this.store.replace(key, mark, dated);
    });
    this.#pending.add(written);
    void written.then(() => this.#pending.delete(written));
  }

  async #ask(operation: string, ask: () => Promise<void>): Promise<void> {
    try {
      await ask();
    } catch (error) {
      tellFailed(this.events, operation, error);
    }
  }
}
