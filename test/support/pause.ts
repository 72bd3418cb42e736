import type { DataSource } from 'typeorm';
import { listen, type StatementDone, type StatementListener } from '../../lib/writes/statement-hooks.js';

/**
 * Holds one statement back after the database has answered it, as a slow network would. No subscriber: MySQL's runner of TypeORM 0.3
 * waits for none.
 */
export class Pause implements StatementListener {
  readonly #reached = resolvers();
  readonly #released = resolvers();
  #used = false;

  /** The next statement whose text matches waits until `release()`. */
  constructor(
    dataSource: DataSource,
    private readonly statement: RegExp,
  ) {
    listen(dataSource, this);
  }

  /** Settles once the statement has been answered and waits. */
  reached(): Promise<void> {
    return this.#reached.promise;
  }

  release(): void {
    this.#released.resolve();
  }

  beforeQuery(): void {}

  async afterQuery({ query }: StatementDone): Promise<void> {
    if (this.#used || !this.statement.test(query)) return;
    this.#used = true;
    this.#reached.resolve();
    await this.#released.promise;
  }
}

function resolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
