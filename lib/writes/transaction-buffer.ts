import type { ClockWrite } from '../store/cache-store.js';
import { PendingWrites } from '../store/pending-writes.js';
import type { SqlDialect } from './sql/statement-effect.js';

interface Frame {
  /** The savepoint it began with; none for a transaction that began with BEGIN. */
  readonly savepoint?: string;
  pending: PendingWrites;
}

/** Of bytes: PostgreSQL cuts a name at 63, or a little before where that would cut a character. */
const SHORTEST_NAME_CUT = 60;

/**
 * The writes of one open transaction: a savepoint's go up to what surrounds it, or away with it.
 *
 * Keeping too much costs a miss, dropping too much an old read: a name nobody has heard of therefore changes nothing.
 */
export class TransactionBuffer {
  #frames: Frame[];

  constructor(
    private readonly dialect: SqlDialect,
    /** The savepoint that began the transaction, where one did: its release commits. */
    beganWith?: string,
  ) {
    const savepoint = beganWith !== undefined && { savepoint: this.#key(beganWith) };
    this.#frames = [{ ...savepoint, pending: new PendingWrites() }];
  }

  add(writes: readonly ClockWrite[]): void {
    this.#frames.at(-1)!.pending.add(writes);
  }

  /** Writes that no savepoint takes back, because they were made before the first one, or may have been committed. */
  addOutside(writes: readonly ClockWrite[]): void {
    this.#frames[0]!.pending.add(writes);
  }

  savepoint(name: string): void {
    // MySQL compares by a collation, where é may be e: which one this replaces is not worth telling.
    if (this.dialect === 'mysql' && /[^\0-\x7f]/.test(name)) {
      this.forgetSavepoints();
      return;
    }
    if (this.dialect === 'mysql') this.#replace(name);
    this.#frames.push({ savepoint: this.#key(name), pending: new PendingWrites() });
  }

  /** Hands the writes since the savepoint up. */
  release(name: string): void {
    const at = this.#find(name);
    if (at < 0) return;
    // Of a transaction the savepoint began, the release is the end, which is not ours to tell.
    const inner = this.#frames.splice(Math.max(at, 1));
    for (const { pending } of inner) this.add(pending.toWrites());
  }

  /** Drops the writes since the savepoint, which itself remains. */
  rollbackTo(name: string): void {
    const at = this.#find(name);
    if (at < 0) return;
    this.#frames.splice(at + 1);
    this.#frames[at]!.pending = new PendingWrites();
  }

  /** Whether the release of that savepoint commits the transaction it began. An inner one of the same name does not. */
  endsWith(name: string): boolean {
    return this.#find(name) === 0;
  }

  /** After a statement that may have ended the transaction or set savepoints of its own: nothing is taken back any more. */
  forgetSavepoints(): void {
    this.#frames = [{ ...this.#frames[0]!, pending: this.all() }];
  }

  all(): PendingWrites {
    const all = new PendingWrites();
    for (const { pending } of this.#frames) all.add(pending.toWrites());
    return all;
  }

  /** MySQL has one savepoint of a name: the old one goes, its writes belong to what surrounds it. */
  #replace(name: string): void {
    const at = this.#find(name);
    if (at > 0) this.#frames[at - 1]!.pending.add(this.#frames.splice(at, 1)[0]!.pending.toWrites());
  }

  /** The innermost one of that name: elsewhere a savepoint may shadow another. */
  #find(name: string): number {
    const key = this.#key(name);
    return this.#frames.findLastIndex(({ savepoint }) => savepoint === key);
  }

  /** What names are compared by; the reader has folded those of PostgreSQL already. */
  #key(name: string): string {
    if (this.dialect === 'postgres') return Buffer.from(name).subarray(0, SHORTEST_NAME_CUT).toString('latin1');
    return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  }
}
