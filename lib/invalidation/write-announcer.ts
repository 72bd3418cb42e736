import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEvents } from '../events/cache-events.js';
import type { CacheStore, TableWrite } from '../store/cache-store.js';

/** Timers fire up to a millisecond early, and both clocks round. */
const ROUNDING_MS = 3;

/** A write announced and not yet settled. Times are this process's clock, in milliseconds. */
export interface Announcement {
  readonly id: string;
  readonly tables: readonly string[];
  readonly releasesKeys: boolean;
  /** When the announcing began. */
  readonly begunAt: number;
  /** When the store had recorded it; `undefined` when it did not say so in time. */
  readonly heldAt: number | undefined;
  /** What the announcing has left of the budget: half of it at least. */
  readonly patienceMs: number;
}

export interface AnnouncerOptions {
  readonly budgetMs: number;
  /** How long a writer may take from announcing to settling; 0 announces nothing. */
  readonly holdMs: number;
}

/** Tells the store of writes: before they can be visible, and when they are. Never rejects, never takes longer than the budget allows. */
export class WriteAnnouncer {
  constructor(
    private readonly store: () => CacheStore,
    private readonly events: CacheEvents,
    private readonly options: AnnouncerOptions,
  ) {}

  async announce(writes: readonly TableWrite[]): Promise<Announcement> {
    const id = randomUUID();
    const begunAt = Date.now();
    const tables = writes.map(({ table }) => table);
    const releasesKeys = writes.some((write) => write.releasesKeys);
    const heldAt = await this.#hold(tables, id, releasesKeys);
    const { budgetMs } = this.options;
    // This process may have been busy meanwhile, which is not the store's fault.
    const patienceMs = Math.max(begunAt + budgetMs - Date.now(), budgetMs / 2);
    return { id, tables, releasesKeys, begunAt, heldAt, patienceMs };
  }

  /** The write is visible. */
  async advance(writes: readonly TableWrite[], announcement?: Announcement): Promise<void> {
    await this.#advance(writes, announcement, announcement?.id);
  }

  /** The write may be visible, or may become so: the hold stays, and whoever reads after its deadline advances again. */
  async advanceAmbiguous(writes: readonly TableWrite[], announcement: Announcement | undefined): Promise<void> {
    this.events.emit({ name: 'write:ambiguous', tables: writes.map(({ table }) => table) });
    await this.#advance(writes, announcement, undefined);
  }

  /** The write definitely did not happen. */
  async retract(announcement: Announcement): Promise<void> {
    if (this.options.holdMs === 0) return;
    const { id, tables } = announcement;
    // A hold that was not recorded in time may have been all the same.
    const retracted = this.#try('release', (store) => store.release(tables, id));
    await this.#withinBudget(retracted, announcement);
  }

  async #advance(
    writes: readonly TableWrite[],
    announcement: Announcement | undefined,
    hold: string | undefined,
  ): Promise<void> {
    if (!writes.length) return;
    const advanced = this.#try('advance', (store) => store.advance(writes, hold)).then(async (done) => {
      if (done) this.#told(writes);
      else await this.#untilBlocking(announcement);
    });
    await this.#withinBudget(advanced, announcement);
  }

  /** What a store that did not take the announcement has left of this write's patience; the database's own time does not count. */
  async #withinBudget(settled: Promise<unknown>, announcement: Announcement | undefined): Promise<void> {
    if (!announcement || announcement.heldAt !== undefined || this.options.holdMs === 0) {
      await settled;
      return;
    }
    await Promise.race([settled, sleep(announcement.patienceMs, undefined, { ref: false })]);
  }

  #told(writes: readonly TableWrite[]): void {
    for (const { table, rows } of writes) this.events.emit({ name: 'tag:advanced', table, rows });
  }

  /**
   * An advance that failed: the write may only be acknowledged once its hold blocks readers, or a read that begins afterwards could
   * still be served the old row.
   */
  async #untilBlocking(announcement: Announcement | undefined): Promise<void> {
    if (announcement?.heldAt === undefined) return;
    const { id, tables, releasesKeys, begunAt } = announcement;
    // The hold of a write that took longer may have been settled before there was anything to see.
    const isOverdue = Date.now() >= begunAt + this.options.holdMs;
    const heldAt = isOverdue ? await this.#hold(tables, id, releasesKeys) : announcement.heldAt;
    if (heldAt === undefined) return;
    const left = heldAt + this.options.budgetMs + ROUNDING_MS - Date.now();
    if (left > 0) await sleep(left);
  }

  async #hold(tables: readonly string[], id: string, releasesKeys: boolean): Promise<number | undefined> {
    const { holdMs } = this.options;
    const held = holdMs > 0 && (await this.#try('hold', (store) => store.hold(tables, id, holdMs, releasesKeys)));
    return held ? Date.now() : undefined;
  }

  async #try(operation: string, ask: (store: CacheStore) => Promise<void>): Promise<boolean> {
    try {
      await ask(this.store());
      return true;
    } catch (error) {
      this.events.emit({ name: 'store:failed', operation, error });
      return false;
    }
  }
}
