import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEvents } from '../events/cache-events.js';
import type { CacheStore, TableWrite } from '../store/cache-store.js';
import { HoldKeeper } from './hold-keeper.js';

/** Timers fire up to a millisecond early, and both clocks round. */
const ROUNDING_MS = 3;

/** A hold that is renewed so often during its life survives a renewal that fails. */
const RENEWALS = 3;

/** A write announced and not yet settled. */
export interface Announcement {
  readonly id: string;
  readonly tables: readonly string[];
  readonly releasesKeys: boolean;
  /**
   * From when on the hold blocks readers for sure, and for how long it stands at least, by this process's clock in milliseconds;
   * `undefined` while the store has not said that it has it.
   */
  blocks: { readonly from: number; readonly until: number } | undefined;
}

export interface AnnouncerOptions {
  readonly budgetMs: number;
  /** How long a hold stands that nobody renews; 0 announces nothing. */
  readonly holdMs: number;
}

/**
 * Tells the store of writes: before they can be visible, and when they are. Never rejects.
 *
 * An acknowledged write has been heard, or its hold blocks readers, or a `store:failed` of an `advance` says that neither is so. A
 * store that does not answer costs a write one and a half budgets: the hold half a one, the advance a whole one of its own; and
 * another half when it stopped answering during a renewal.
 */
export class WriteAnnouncer {
  readonly #keeper: HoldKeeper<Announcement>;

  constructor(
    private readonly store: () => CacheStore,
    private readonly events: CacheEvents,
    private readonly options: AnnouncerOptions,
  ) {
    this.#keeper = new HoldKeeper(options.holdMs / RENEWALS, (announcement) => this.#hold(announcement));
  }

  /** From here on the hold is renewed until the write is settled by one of the other methods, or `close`. */
  async announce(writes: readonly TableWrite[]): Promise<Announcement> {
    const tables = writes.map(({ table }) => table);
    const releasesKeys = writes.some((write) => write.releasesKeys);
    const announcement: Announcement = { id: randomUUID(), tables, releasesKeys, blocks: undefined };
    if (this.options.holdMs > 0) {
      await this.#hold(announcement);
      this.#keeper.keep(announcement);
    }
    return announcement;
  }

  /** The write is visible. */
  async advance(writes: readonly TableWrite[], announcement?: Announcement): Promise<void> {
    if (announcement) await this.#keeper.drop(announcement);
    await this.#advance(writes, announcement, announcement?.id);
  }

  /**
   * The write may be visible, or may become so: the hold stays, and whoever reads after its deadline advances again.
   *
   * @param stillRunning given when the server still works on the statement although the client gave it up: until this resolves the
   * hold is renewed, and then the write counts as visible. Not waited for.
   */
  async advanceAmbiguous(
    writes: readonly TableWrite[],
    announcement: Announcement | undefined,
    stillRunning?: Promise<void>,
  ): Promise<void> {
    this.events.emit({ name: 'write:ambiguous', tables: writes.map(({ table }) => table) });
    if (stillRunning) void this.#advanceAfter(stillRunning, writes, announcement);
    else if (announcement) await this.#keeper.drop(announcement);
    await this.#advance(writes, announcement, undefined);
  }

  /** The write definitely did not happen. */
  async retract(announcement: Announcement): Promise<void> {
    if (this.options.holdMs === 0) return;
    await this.#keeper.drop(announcement);
    const { id, tables } = announcement;
    // A hold that was not recorded in time may have been all the same.
    await this.#try('release', (store) => store.release(tables, id));
  }

  /** Renews nothing any more: holds that stand are left to their deadlines. */
  close(): void {
    this.#keeper.close();
  }

  async #advanceAfter(
    stillRunning: Promise<void>,
    writes: readonly TableWrite[],
    announcement: Announcement | undefined,
  ): Promise<void> {
    try {
      await stillRunning;
    } catch {
      // Nobody knows when it ends: its deadline speaks for it.
      if (announcement) await this.#keeper.drop(announcement);
      return;
    }
    await this.advance(writes, announcement);
  }

  async #advance(
    writes: readonly TableWrite[],
    announcement: Announcement | undefined,
    hold: string | undefined,
  ): Promise<void> {
    if (!writes.length) return;
    const isHeard = await this.#try('advance', (store) => store.advance(writes, hold));
    if (!isHeard) await this.#untilBlocking(announcement);
    else for (const { table, rows } of writes) this.events.emit({ name: 'tag:advanced', table, rows });
  }

  /**
   * An advance that failed: the write may only be acknowledged once its hold blocks readers, or a read that begins afterwards could
   * still be served the old row.
   */
  async #untilBlocking(announcement: Announcement | undefined): Promise<void> {
    if (!announcement?.blocks) return;
    // A hold whose renewals failed may have been settled before there was anything to see.
    if (Date.now() >= announcement.blocks.until) {
      announcement.blocks = undefined;
      await this.#hold(announcement);
    }
    const left = (announcement.blocks?.from ?? 0) - Date.now();
    if (left > 0) await sleep(left);
  }

  async #hold(announcement: Announcement): Promise<void> {
    const { id, tables, releasesKeys } = announcement;
    const { budgetMs, holdMs } = this.options;
    const until = Date.now() + holdMs - ROUNDING_MS;
    if (!(await this.#try('hold', (store) => store.hold(tables, id, holdMs, releasesKeys)))) return;
    // A renewal leaves the moment it begins to block alone, except where the store had lost the hold: hence from the last one.
    announcement.blocks = { from: Date.now() + budgetMs + ROUNDING_MS, until };
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
