import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WriteRefusedError } from '../errors.js';
import type { CacheEvents } from '../events/cache-events.js';
import { tellFailed } from '../events/tell-failed.js';
import { type CacheStore, type ClockWrite, RENEWAL_MS } from '../store/cache-store.js';
import { tellAdvanced } from '../store/tell-advanced.js';
import { HoldKeeper } from './hold-keeper.js';

/** Timers fire up to a millisecond early, and both clocks round. */
const ROUNDING_MS = 3;

/** A hold that is renewed so often during its life survives a renewal that fails. */
const RENEWALS = 3;

/** The clocks of a write that is not settled yet. */
export interface Hold {
  readonly id: string;
  readonly clocks: readonly string[];
  readonly releasesKeys: boolean;
  /**
   * From when on the hold blocks readers for sure, and for how long it stands at least, by this process's clock in milliseconds;
   * `undefined` while the store has not said that it has it.
   */
  blocks: { readonly from: number; readonly until: number } | undefined;
}

export interface HoldOptions {
  readonly budgetMs: number;
  /** How long a hold stands that nobody renews; 0 holds nothing. */
  readonly holdMs: number;
  /** Whether a write whose clocks could not be held must not be made. Default: it is made. */
  readonly needsHold?: boolean;
}

/**
 * Tells the store of writes: before they can be visible, and when they are. Never rejects, but for a write that must not be made.
 *
 * An acknowledged write has been heard, or its hold blocks readers, or it is owed, and a `debt:made` says so. A store that has stopped
 * answering costs the first write one and a half budgets: the hold half a one, the advance a whole one of its own; and another half when
 * it stopped during a renewal. Those behind it cost nothing.
 */
export class HoldProtocol {
  readonly #keeper: HoldKeeper<Hold>;
  #isClosed = false;

  constructor(
    private readonly store: () => CacheStore,
    private readonly events: CacheEvents,
    private readonly options: HoldOptions,
  ) {
    this.#keeper = new HoldKeeper(Math.min(options.holdMs / RENEWALS, RENEWAL_MS), (hold) => this.#hold(hold));
  }

  /**
   * From here on the hold is renewed until the write is settled by one of the other methods, or `close`.
   *
   * It resolves once the store has answered, or did not in half a budget: only then may the write be visible. Another write may build on
   * it that is heard first (change the row it brings, take the key it frees), and what is told of that one means nothing without this one: the
   * store has to know by then that there is more to come.
   *
   * @throws {WriteRefusedError} when the store did not take it, and a write needs its hold
   */
  async hold(writes: readonly ClockWrite[]): Promise<Hold> {
    const clocks = writes.map(({ clock }) => clock);
    const releasesKeys = writes.some((write) => write.releasesKeys);
    const hold: Hold = { id: randomUUID(), clocks, releasesKeys, blocks: undefined };
    if (this.options.holdMs === 0) return hold;
    const failure = await this.#hold(hold);
    if (failure && this.options.needsHold) {
      // Part of it may have been taken.
      await this.#release(clocks, hold);
      throw new WriteRefusedError(clocks, { cause: failure });
    }
    this.#keeper.keep(hold);
    return hold;
  }

  /** The write is visible. Statements under way together hold whatever one of them might show: what it did not, is free again. */
  async advance(writes: readonly ClockWrite[], hold?: Hold): Promise<void> {
    if (hold) await this.#keeper.drop(hold);
    const isHeard = await this.#advance(writes, hold, hold?.id);
    const shown = new Set(writes.map(({ clock }) => clock));
    const others = hold?.clocks.filter((clock) => !shown.has(clock)) ?? [];
    // A store that did not hear the one is asked nothing more: its deadline speaks for the rest.
    if (hold && others.length && isHeard) await this.#release(others, hold);
  }

  /**
   * The write may be visible, or may become so: the hold stays, and whoever reads after its deadline advances again.
   *
   * @param stillRunning given when the server still works on the statement although the client gave it up: until this resolves the
   * hold is renewed, and then the write counts as visible. Not waited for.
   */
  async advanceAmbiguous(
    writes: readonly ClockWrite[],
    hold: Hold | undefined,
    stillRunning?: Promise<void>,
  ): Promise<void> {
    this.events.emit({ name: 'write:ambiguous', tables: writes.map(({ clock }) => clock) });
    if (stillRunning) void this.#advanceAfter(stillRunning, writes, hold);
    else if (hold) await this.#keeper.drop(hold);
    if (this.options.holdMs > 0 && !hold?.blocks) void this.#advanceAtDeadline(writes);
    await this.#advance(writes, hold, undefined);
  }

  /** The write definitely did not happen. */
  async release(hold: Hold): Promise<void> {
    await this.#keeper.drop(hold);
    await this.#release(hold.clocks, hold);
  }

  /** Renews nothing any more: holds that stand are left to their deadlines. */
  close(): void {
    this.#isClosed = true;
    this.#keeper.close();
  }

  /** In the place of a hold that the store never took. */
  async #advanceAtDeadline(writes: readonly ClockWrite[]): Promise<void> {
    await sleep(this.options.holdMs, undefined, { ref: false });
    if (!this.#isClosed) await this.#advance(writes, undefined, undefined);
  }

  async #advanceAfter(
    stillRunning: Promise<void>,
    writes: readonly ClockWrite[],
    hold: Hold | undefined,
  ): Promise<void> {
    try {
      await stillRunning;
    } catch {
      // Nobody knows when it ends: its deadline speaks for it.
      if (hold) await this.#keeper.drop(hold);
      return;
    }
    await this.advance(writes, hold);
  }

  /** @returns whether the store has heard of it */
  async #advance(
    writes: readonly ClockWrite[],
    hold: Hold | undefined,
    releasedId: string | undefined,
  ): Promise<boolean> {
    if (!writes.length) return true;
    const told = this.options.holdMs === 0 ? writes.map(untold) : writes;
    const failure = await this.#try('advance', (store) => store.advance(told, releasedId));
    if (failure) await this.#untilBlocking(hold);
    else tellAdvanced(this.events, writes);
    return !failure;
  }

  async #release(clocks: readonly string[], { id }: Hold): Promise<void> {
    if (this.options.holdMs === 0) return;
    // A hold that was not recorded in time may have been all the same.
    await this.#try('release', (store) => store.release(clocks, id));
  }

  /**
   * An advance that failed: the write may only be acknowledged once its hold blocks readers, or a read that begins afterwards could
   * still be served the old row.
   */
  async #untilBlocking(hold: Hold | undefined): Promise<void> {
    if (!hold?.blocks) return;
    // A hold whose renewals failed may have been settled before there was anything to see.
    if (Date.now() >= hold.blocks.until) {
      hold.blocks = undefined;
      await this.#hold(hold);
    }
    const left = (hold.blocks?.from ?? 0) - Date.now();
    if (left > 0) await sleep(left);
  }

  /** @returns why the store did not take it */
  async #hold(hold: Hold): Promise<Error | undefined> {
    const { id, clocks, releasesKeys } = hold;
    const { budgetMs, holdMs } = this.options;
    const until = Date.now() + holdMs - ROUNDING_MS;
    const failure = await this.#try('hold', (store) => store.hold(clocks, id, holdMs, releasesKeys));
    // A renewal leaves the moment it begins to block alone, except where the store had lost the hold: hence from the last one.
    if (!failure) hold.blocks = { from: Date.now() + budgetMs + ROUNDING_MS, until };
    return failure;
  }

  /** @returns why the store did not do it */
  async #try(operation: string, ask: (store: CacheStore) => Promise<void>): Promise<Error | undefined> {
    try {
      await ask(this.store());
      return undefined;
    } catch (error) {
      tellFailed(this.events, operation, error);
      return error as Error;
    }
  }
}

/** Who judges by changes has to see the holds of writes they may build on: where there are none, nobody is to judge. */
function untold(write: ClockWrite): ClockWrite {
  const { change: _, ...rest } = write;
  return rest;
}
