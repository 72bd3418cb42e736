import { setTimeout as sleep } from 'node:timers/promises';
import type { EntriesRead, ClockWrite, ClockQuery, ClocksRead } from '../../lib/store/cache-store.js';
import { now } from './now.js';
import { budgetMs } from './settings.js';
import { WrappedStore } from './wrapped-store.js';

/** What it may take, and what is known already. */
type ReadRest = Parameters<WrappedStore['read']> extends [unknown, unknown, ...infer Rest] ? Rest : never;

// Ways not to tell others of a write, each for one process of the cast.

/** Nobody watches this application's writes, or what its boot did. */
export class Deaf extends WrappedStore {
  override async hold(): Promise<void> {}
  override async release(): Promise<void> {}
  override async advance(): Promise<void> {}
}

/** A table's clock is the application's own: what others write to the table does not advance it. */
export class NamespacedClocks extends WrappedStore {
  override read(keys: readonly string[], queries: readonly ClockQuery[], ...rest: ReadRest): Promise<EntriesRead> {
    return super.read(keys, queries.map(own), ...rest);
  }

  override touch(queries: readonly ClockQuery[], lifetimeMs: number): Promise<ClocksRead> {
    return super.touch(queries.map(own), lifetimeMs);
  }

  override hold(clocks: readonly string[], id: string, deadlineMs: number, releasesKeys?: boolean): Promise<void> {
    return super.hold(clocks.map(ownName), id, deadlineMs, releasesKeys);
  }

  override release(clocks: readonly string[], id: string): Promise<void> {
    return super.release(clocks.map(ownName), id);
  }

  override advance(writes: readonly ClockWrite[], hold?: string): Promise<void> {
    return super.advance(writes.map(own), hold);
  }
}

const ownName = (clock: string) => `own ${clock}`;
const own = <T extends { readonly clock: string }>(of: T): T => ({ ...of, clock: ownName(of.clock) });

/** Less than the way to a distant Redis takes. */
const HASTE_MS = 20;

/** Does not wait for the advance, and says nothing. */
export class Hasty extends WrappedStore {
  override async advance(writes: readonly ClockWrite[], hold?: string): Promise<void> {
    await Promise.race([super.advance(writes, hold).catch(() => undefined), sleep(HASTE_MS)]);
  }
}

/** Less than a client waits before it connects again. */
const ONE_ATTEMPT_MS = 30;

/** One attempt, by whomever it would be repeated: a hold or an advance that a reset interrupts or precedes is given up. */
export class NoRetry extends WrappedStore {
  readonly #begun = new Map<string, number>();

  override hold(clocks: readonly string[], id: string, deadlineMs: number, releasesKeys?: boolean): Promise<void> {
    return this.#once(`hold ${id}`, () => super.hold(clocks, id, deadlineMs, releasesKeys));
  }

  override advance(writes: readonly ClockWrite[], hold?: string): Promise<void> {
    return this.#once(`advance ${hold ?? JSON.stringify(writes)}`, () => super.advance(writes, hold));
  }

  async #once(what: string, attempt: () => Promise<void>): Promise<void> {
    const begun = this.#begun.get(what) ?? Date.now();
    this.#begun.set(what, begun);
    const left = begun + ONE_ATTEMPT_MS - Date.now();
    const givenUp = () => Promise.reject(new Error('Given up after one attempt, on purpose.'));
    await (left > 0 ? Promise.race([attempt(), sleep(left).then(givenUp)]) : givenUp());
    this.#begun.delete(what);
  }
}

/** What a read takes of a connection, in milliseconds: more than of this process, or the queue is over when its writers get to write. */
const READ_MS = 4;
const FILLED_PER_MS = 10_000;

/** Holds and advances stand behind all reads and fills, given up or not, and after the budget their writer goes on without a word. */
export class Queued extends WrappedStore {
  #busyUntil = 0;

  override read(keys: readonly string[], queries: readonly ClockQuery[], ...rest: ReadRest): Promise<EntriesRead> {
    this.#takeTurn(READ_MS * keys.length);
    return super.read(keys, queries, ...rest);
  }

  override put(key: string, entry: string, lifetimeMs: number): Promise<void> {
    this.#takeTurn(entry.length / FILLED_PER_MS);
    return super.put(key, entry, lifetimeMs);
  }

  override hold(clocks: readonly string[], id: string, deadlineMs: number, releasesKeys?: boolean): Promise<void> {
    return this.#queue(budgetMs / 2, () => super.hold(clocks, id, deadlineMs, releasesKeys));
  }

  override advance(writes: readonly ClockWrite[], hold?: string): Promise<void> {
    return this.#queue(budgetMs, () => super.advance(writes, hold));
  }

  #takeTurn(durationMs: number): void {
    this.#busyUntil = Math.max(this.#busyUntil, now()) + durationMs;
  }

  async #queue(patienceMs: number, send: () => Promise<void>): Promise<void> {
    const sent = sleep(Math.max(this.#busyUntil - now(), 0)).then(send);
    await Promise.race([sent.catch(() => undefined), sleep(patienceMs)]);
  }
}
