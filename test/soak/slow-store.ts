import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheStore, EntriesRead, ClockWrite, ClockQuery, ClocksRead } from '../../lib/store/cache-store.js';
import { currentWrite } from './write-advances.js';
import type { DeathPoint } from './messages.js';
import type { Random } from './random.js';
import { WrappedStore } from './wrapped-store.js';

/**
 * Widens every window of the protocol at random: between the as-of and the load, the load and the fill, the hold and the
 * commit, the commit and the advance.
 */
export class SlowStore extends WrappedStore {
  /** Where the process kills itself, the next time it gets there. */
  deathPoint: DeathPoint | undefined;
  /** When the recorded holds end, by this process's clock. */
  readonly #held = new Map<string, number>();

  constructor(
    inner: CacheStore,
    private readonly random: Random,
    /** Not where the way to Redis is trouble enough: what is spent here is spent of the library's budget. */
    private readonly slowsWrites: boolean,
    /** Told of entries that this process had in hand, and the store has as well. */
    private readonly inHand: (entries: number) => void = () => undefined,
    /** Told of an entry that is shown without a question. */
    private readonly unasked: () => void = () => undefined,
  ) {
    super(inner);
  }

  /** Whether the hold was recorded and stands: it blocks readers should its write's advance fail. */
  readonly isHeld = (hold: string): boolean => Date.now() < (this.#held.get(hold) ?? 0);

  override async read(...asked: Parameters<CacheStore['read']>): Promise<EntriesRead> {
    const read = await super.read(...asked);
    const known = asked[3] ?? [];
    this.inHand(read.entries.filter((text, i) => text !== undefined && text === known[i]).length);
    await this.#wait(0.05, 40);
    return read;
  }

  override vouchesFor(...asked: Parameters<CacheStore['vouchesFor']>): boolean {
    const isVouched = super.vouchesFor(...asked);
    if (isVouched) this.unasked();
    return isVouched;
  }

  override async touch(queries: readonly ClockQuery[], lifetimeMs: number): Promise<ClocksRead> {
    await this.#wait(0.2, 80);
    return super.touch(queries, lifetimeMs);
  }

  override async put(key: string, entry: string, lifetimeMs: number): Promise<void> {
    await this.#wait(0.2, 80);
    return super.put(key, entry, lifetimeMs);
  }

  override async hold(
    clocks: readonly string[],
    id: string,
    deadlineMs: number,
    releasesKeys?: boolean,
  ): Promise<void> {
    const until = Date.now() + deadlineMs;
    await super.hold(clocks, id, deadlineMs, releasesKeys);
    this.#held.set(id, until);
    this.#dieAt('after the hold');
    if (this.slowsWrites) await this.#wait(0.2, 60);
  }

  override async advance(writes: readonly ClockWrite[], hold?: string): Promise<void> {
    this.#dieAt('before the advance');
    const write = currentWrite.getStore();
    const name = hold ?? writes.map(({ clock }) => clock).join();
    write?.advancing(name);
    if (this.slowsWrites) await this.#wait(0.4, 120);
    await super.advance(writes, hold);
    write?.advanced(name);
    this.#held.delete(name);
  }

  override release(clocks: readonly string[], id: string): Promise<void> {
    this.#held.delete(id);
    return super.release(clocks, id);
  }

  #dieAt(point: DeathPoint): void {
    if (this.deathPoint === point) process.kill(process.pid, 'SIGKILL');
  }

  async #wait(probability: number, mostMs: number): Promise<void> {
    if (this.random.chance(probability)) await sleep(this.random.between(1, mostMs));
  }
}
