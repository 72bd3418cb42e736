import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { WriteAdvances, currentWrite } from './write-advances.js';
import { now } from './now.js';
import { nameWrite } from './history-schema.js';
import type { FromWorker } from './messages.js';
import type { DatabaseKind } from './options.js';
import type { Random } from './random.js';
import { randomWrite } from './writes.js';

/** One write after the other, each with a number of its own. */
export class WriteLoop {
  stopped = false;
  /** Until told otherwise: a process may begin while nobody is to write. */
  paused = true;
  #kept: QueryRunner | undefined;

  constructor(
    private readonly kind: DatabaseKind,
    private readonly dataSource: DataSource,
    private readonly random: Random,
    private nextWrite: number,
    private readonly send: (message: FromWorker) => void,
    /** Among thousands of loads, a write would wait for a connection until all are done, and none be made meanwhile. */
    private readonly keepsConnection: boolean,
  ) {}

  async run(): Promise<void> {
    while (!this.stopped) {
      await sleep(this.random.between(1, 60));
      if (!this.paused) await this.#write(++this.nextWrite);
    }
    await this.#kept?.release();
  }

  async #write(write: number): Promise<void> {
    const { random, dataSource } = this;
    const [path, run] = randomWrite(random);
    const advances = new WriteAdvances();
    const runner = this.#kept ?? dataSource.createQueryRunner();
    if (this.keepsConnection) this.#kept = runner;
    await runner.query(nameWrite(this.kind, write));
    const begun = now();
    this.send({ kind: 'begun', write, path, at: begun });
    let committing = begun;
    const context = { manager: runner.manager, runner, random, committing: () => (committing = now()) };
    const outcome = await currentWrite.run(advances, () =>
      run(context).then(
        () => 'acknowledged' as const,
        // Duplicate keys, deadlocks, rows that another writer has locked: part of the game.
        () => 'failed' as const,
      ),
    );
    this.send({ kind: 'settled', write, outcome, at: now(), committing, owed: advances.owed });
    // After a deadlock below a savepoint TypeORM believes in a transaction that the database has ended: its next one would be none.
    if (this.keepsConnection && !runner.isTransactionActive) return;
    this.#kept = undefined;
    await runner.release();
  }
}
