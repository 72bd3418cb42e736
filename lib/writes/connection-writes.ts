import type { ClockWrite } from '../store/cache-store.js';
import { PendingWrites } from '../store/pending-writes.js';
import {
  mayHaveCommitted,
  type SqlDialect,
  type StatementEffect,
  type TransactionVerb,
} from './sql/statement-effect.js';
import { TransactionBuffer } from './transaction-buffer.js';

/**
 * What one connection has written and not committed, followed from the text of its statements, and from what its driver says of
 * it where it says anything.
 */
export class ConnectionWrites {
  #transaction: TransactionBuffer | undefined;
  #autocommit = true;

  constructor(
    private readonly dialect: SqlDialect,
    /** Transactions prepared for two-phase commit, by name, of all connections. */
    private readonly prepared: Map<string, PendingWrites>,
  ) {}

  get isOpen(): boolean {
    return this.#transaction !== undefined;
  }

  /** What is not visible yet. */
  get pending(): PendingWrites {
    return this.#transaction?.all() ?? new PendingWrites();
  }

  /** Follows the driver where it knows better: a transaction begun or ended where no statement told. */
  correct(isOpen: boolean): PendingWrites {
    if (isOpen) {
      this.#transaction ??= this.#begin();
      return new PendingWrites();
    }
    return this.#end();
  }

  /** What a statement would make visible, before it runs. */
  foresee(effect: StatementEffect, writes: readonly ClockWrite[]): PendingWrites {
    const commits = this.#commits(effect);
    if (commits === 'own') return this.pending;
    if (commits === 'prepared') return this.prepared.get(nameOf(effect)) ?? new PendingWrites().add(writes);
    if (commits === 'implicit') return this.pending.add(writes);
    return this.#transaction ? new PendingWrites() : new PendingWrites().add(writes);
  }

  /** What a statement that succeeded has made visible. */
  follow(effect: StatementEffect, writes: readonly ClockWrite[]): PendingWrites {
    if (effect.kind === 'transaction')
      return this.#followTransaction(effect.verb, nameOf(effect), effect.chain ?? false, writes);
    if (!this.#autocommit) this.#transaction ??= this.#begin();
    if (mayHaveCommitted(effect)) {
      // Kept for the end as well: should the statement not have committed after all, only then do its writes become visible.
      this.keepOutside(writes);
      this.#transaction?.forgetSavepoints();
      return this.pending.add(writes);
    }
    if (!this.#transaction) return new PendingWrites().add(writes);
    this.keep(writes);
    return new PendingWrites();
  }

  /** Writes of a statement that failed or may have: inside a transaction they count, in case they happened. */
  keep(writes: readonly ClockWrite[]): readonly ClockWrite[] {
    this.#transaction?.add(writes);
    return writes;
  }

  /** Follows a statement that failed, or was one of several in a text that did: what it did all the same is kept. */
  fail(effect: StatementEffect, writes: readonly ClockWrite[]): void {
    const savepoint = effect.kind === 'transaction' && effect.verb === 'savepoint';
    if (mayHaveCommitted(effect) || savepoint) this.#transaction?.forgetSavepoints();
    this.keep(writes);
  }

  /**
   * Writes that stay until the transaction's end whatever savepoint is rolled back to: those of a statement that ran before a BEGIN in
   * the same text, which PostgreSQL takes into the transaction, and of one that may have committed.
   */
  keepOutside(writes: readonly ClockWrite[]): void {
    this.#transaction?.addOutside(writes);
  }

  #followTransaction(
    verb: TransactionVerb,
    name: string,
    chain: boolean,
    writes: readonly ClockWrite[],
  ): PendingWrites {
    switch (verb) {
      case 'begin': {
        const visible = this.#beginCommits ? this.#end() : new PendingWrites();
        this.#transaction ??= this.#begin();
        return visible;
      }
      case 'commit':
      case 'autocommit-on': {
        if (verb === 'autocommit-on') this.#autocommit = true;
        const visible = this.#end();
        if (chain) this.#transaction = this.#begin();
        return visible;
      }
      case 'rollback':
        this.#transaction = chain ? this.#begin() : undefined;
        break;
      case 'savepoint':
        // Outside a transaction SQLite begins one with it, MySQL ignores it and PostgreSQL refuses it.
        if (!this.#transaction && this.dialect === 'sqlite') this.#transaction = this.#begin(name);
        else this.#transaction?.savepoint(name);
        break;
      case 'release':
        if (this.#transaction?.endsWith(name)) return this.#end();
        this.#transaction?.release(name);
        break;
      case 'rollback-to':
        this.#transaction?.rollbackTo(name);
        break;
      case 'prepare':
        this.prepared.set(name, this.#end());
        break;
      case 'commit-prepared': {
        const visible = this.prepared.get(name) ?? new PendingWrites().add(writes);
        this.prepared.delete(name);
        return visible;
      }
      case 'rollback-prepared':
        this.prepared.delete(name);
        break;
      case 'autocommit-off':
        this.#autocommit = false;
        break;
    }
    return new PendingWrites();
  }

  #commits(effect: StatementEffect): 'own' | 'prepared' | 'implicit' | undefined {
    if (mayHaveCommitted(effect)) return 'implicit';
    if (effect.kind !== 'transaction') return undefined;
    // Of the savepoint that began a transaction of SQLite.
    if (effect.verb === 'release') return this.#transaction?.endsWith(nameOf(effect)) ? 'own' : undefined;
    if (effect.verb === 'commit-prepared') return 'prepared';
    if (effect.verb === 'commit' || effect.verb === 'autocommit-on') return 'own';
    return effect.verb === 'begin' && this.#beginCommits ? 'own' : undefined;
  }

  /** BEGIN inside a transaction commits it on MySQL, warns on PostgreSQL and fails on SQLite. */
  get #beginCommits(): boolean {
    return this.dialect === 'mysql';
  }

  #begin(savepoint?: string): TransactionBuffer {
    return new TransactionBuffer(this.dialect, savepoint);
  }

  #end(): PendingWrites {
    const { pending } = this;
    this.#transaction = undefined;
    return pending;
  }
}

function nameOf(effect: StatementEffect): string {
  return effect.kind === 'transaction' ? (effect.name ?? '') : '';
}
