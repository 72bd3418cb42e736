import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { InvalidConfigurationError } from '../errors.js';
import { attendBroadcasters, listen, type StatementListener, stopListening } from './statement-hooks.js';

/**
 * Refuses a driver that sends a statement before its listeners are done: the hold of a write would come too late. better-sqlite3 did so
 * before TypeORM 1.1.1, and told nothing of statements that failed.
 *
 * @throws {InvalidConfigurationError}
 */
export async function checkListenersAreAwaited(dataSource: DataSource): Promise<void> {
  if (dataSource.options.type !== 'better-sqlite3' || (await awaitsListeners(dataSource))) return;
  throw new InvalidConfigurationError(
    'QSCACHE_UNSUPPORTED_DRIVER',
    'The better-sqlite3 driver of this TypeORM waits for nobody who listens to its statements, so a write could be made before anybody holds what it makes stale. Install typeorm@^1.1.1, or use the sqljs driver.',
  );
}

/** Asks by a statement, whose listener takes a turn of the event loop longer than SQLite. */
export async function awaitsListeners(dataSource: DataSource): Promise<boolean> {
  let isDone = false;
  const listener: StatementListener = {
    async beforeQuery() {
      await nextTurn();
      isDone = true;
    },
  };
  const runner = dataSource.createQueryRunner();
  attendBroadcasters(Object.getPrototypeOf(runner.broadcaster) as object);
  listen(dataSource, listener);
  try {
    await runner.query('SELECT 1');
    return isDone;
  } finally {
    stopListening(dataSource, listener);
    await runner.release();
  }
}
