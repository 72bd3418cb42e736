import type { TableWrite } from '../store/cache-store.js';
import { PendingWrites } from './pending-writes.js';

interface Frame {
  /** The savepoint it began with; none for the transaction itself. */
  readonly savepoint?: string;
  pending: PendingWrites;
}

/** The writes of one open transaction: a savepoint's go up to what surrounds it, or away with it. */
export class TransactionBuffer {
  #frames: Frame[] = [{ pending: new PendingWrites() }];

  constructor(
    /** The savepoint that began the transaction, where one did: its release commits. */
    readonly beganWith?: string,
  ) {}

  add(writes: readonly TableWrite[]): void {
    this.#frames.at(-1)!.pending.add(writes);
  }

  savepoint(name: string): void {
    this.#frames.push({ savepoint: name, pending: new PendingWrites() });
  }

  /** Hands the writes since the savepoint up. A name nobody announced changes nothing: keeping too much is safe. */
  release(name: string): void {
    const at = this.#find(name);
    if (at < 0) return;
    const inner = this.#frames.splice(at);
    for (const { pending } of inner) this.add(pending.toWrites());
  }

  /** Drops the writes since the savepoint, which itself remains. */
  rollbackTo(name: string): void {
    const at = this.#find(name);
    if (at < 0) return;
    this.#frames.splice(at + 1);
    this.#frames[at]!.pending = new PendingWrites();
  }

  all(): PendingWrites {
    const all = new PendingWrites();
    for (const { pending } of this.#frames) all.add(pending.toWrites());
    return all;
  }

  /** The innermost one of that name: a savepoint may shadow another. */
  #find(name: string): number {
    return this.#frames.findLastIndex(({ savepoint }) => savepoint === name);
  }
}
