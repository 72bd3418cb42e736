import { DataSource } from 'typeorm';
import { afterEach, describe, expect, it } from 'vitest';
import { InvalidConfigurationError } from '../../../lib/errors.js';
import { awaitsListeners, checkListenersAreAwaited } from '../../../lib/writes/awaited-listeners.js';

describe('A driver', () => {
  let dataSource: DataSource;

  const sent: unknown[] = [];

  afterEach(async () => {
    await Promise.all(sent.splice(0));
    await dataSource.destroy();
  });

  /** sql.js in the place of better-sqlite3, which has to be compiled. */
  async function start(isHasty: boolean): Promise<void> {
    dataSource = await new DataSource({ type: 'sqljs' }).initialize();
    // SQLite has one runner for all.
    const runner = dataSource.createQueryRunner();
    const send = runner.query.bind(runner);
    if (isHasty) {
      // As better-sqlite3's of TypeORM 0.3: the statement goes off while its listeners are still at work.
      const query = async (sql: string) => void sent.push(send(sql));
      Object.assign(runner, { query });
    }
    Object.assign(dataSource, { options: { ...dataSource.options, type: 'better-sqlite3' } });
  }

  it('that waits for listeners is taken', async () => {
    await start(false);
    await expect(checkListenersAreAwaited(dataSource)).resolves.toBeUndefined();
  });

  it('that does not is refused, with what to install', async () => {
    await start(true);
    await expect(checkListenersAreAwaited(dataSource)).rejects.toThrow(InvalidConfigurationError);
    await expect(checkListenersAreAwaited(dataSource)).rejects.toThrow(
      /waits for nobody who listens.*before anybody holds.*Install typeorm@\^1\.1\.1, or use the sqljs driver/,
    );
    await expect(awaitsListeners(dataSource)).resolves.toBe(false);
  });
});
