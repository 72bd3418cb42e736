import type { DataSource, EntitySubscriberInterface } from 'typeorm';
import type { AfterQueryEvent } from 'typeorm/subscriber/event/QueryEvent.js';

/** Holds one statement back after the database has answered it, as a slow network would. */
export class Pause implements EntitySubscriberInterface {
  readonly #reached = resolvers();
  readonly #released = resolvers();
  #used = false;

  /** The next statement whose text matches waits until `release()`. */
  constructor(
    dataSource: DataSource,
    private readonly statement: RegExp,
  ) {
    dataSource.subscribers.push(this);
  }

  /** Settles once the statement has been answered and waits. */
  reached(): Promise<void> {
    return this.#reached.promise;
  }

  release(): void {
    this.#released.resolve();
  }

  async afterQuery({ query }: AfterQueryEvent): Promise<void> {
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
