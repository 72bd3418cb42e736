import type pg from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionOf, isTransactionOpen, statementStillRuns } from '../../../lib/writes/driver-truth.js';
import { Example } from '../../fixtures/entities/example.entity.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';

describeDatabases('what a driver says of a transaction', (database) => {
  let dataSource: DataSource;
  let runner: QueryRunner;

  beforeAll(async () => {
    dataSource = await new DataSource(await database.options()).initialize();
    runner = dataSource.createQueryRunner();
    await runner.connect();
    await runner.query('CREATE TABLE fact (id INTEGER PRIMARY KEY)');
  });

  afterAll(async () => {
    await runner.release();
    await dataSource.destroy();
  });

  /** What it says after the statement. */
  async function openAfter(sql: string): Promise<boolean | undefined> {
    const results: unknown = await runner.query(sql).catch(() => undefined);
    return isTransactionOpen(connectionOf(runner), results);
  }

  it('follows a transaction from its begin to its end', async () => {
    expect(await openAfter(database.name === 'mariadb' ? 'START TRANSACTION' : 'BEGIN')).toBe(true);
    expect(await openAfter('INSERT INTO fact VALUES (1)')).toBe(true);
    expect(await openAfter('ROLLBACK')).toBe(false);
    expect(await openAfter('INSERT INTO fact VALUES (1)')).toBe(false);
  });

  if (database.name === 'mariadb')
    it.each([
      ["INSERT INTO fact VALUES (2) RETURNING 0 AS serverStatus, 'x' AS fieldCount", 'a row'],
      ["SELECT 0 AS serverStatus, JSON_OBJECT('serverStatus', 0) AS constructor", 'a JSON value'],
      ['SELECT 0 AS serverStatus UNION ALL SELECT 0', 'rows'],
    ])('is no row that looks like a word of it: %s', async (sql) => {
      await runner.query('START TRANSACTION');
      expect(await openAfter(sql)).toBeUndefined();
      await runner.query('ROLLBACK');
    });

  if (database.name === 'sqljs')
    describe('on sql.js', () => {
      it('belongs to the one connection all runners share', () => {
        expect(connectionOf(dataSource.createQueryRunner())).toBe(connectionOf(runner));
      });

      it.each(['INSERT OR ROLLBACK INTO fact VALUES (1)', 'ROLLBACK', 'COMMIT', 'INSERT INTO refuses VALUES (1)'])(
        'sees the transaction end: %s',
        async (sql) => {
          await runner.query('CREATE TABLE IF NOT EXISTS refuses (id INTEGER)');
          await runner.query(
            "CREATE TRIGGER IF NOT EXISTS r BEFORE INSERT ON refuses BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
          );
          await runner.query('INSERT OR IGNORE INTO fact VALUES (1)');
          expect(await openAfter('BEGIN')).toBe(true);
          expect(await openAfter('INSERT OR ABORT INTO fact VALUES (1)')).toBe(true);
          expect(await openAfter(sql)).toBe(false);
        },
      );

      it('sees the one an outermost savepoint begins', async () => {
        expect(await openAfter('SAVEPOINT s')).toBe(true);
        expect(await openAfter('SAVEPOINT s')).toBe(true);
        expect(await openAfter('RELEASE S')).toBe(true);
        expect(await openAfter('RELEASE s')).toBe(false);
      });

      it('leaves what the connection tells of the last write, and a statement that is being read', async () => {
        await runner.query('DELETE FROM fact');
        await runner.query('INSERT INTO fact VALUES (41), (42)');
        const connection = connectionOf(runner) as {
          getRowsModified(): number;
          prepare(sql: string): { step(): boolean; get(): unknown[]; free(): void };
        };
        const before = await told();
        const reading = connection.prepare('SELECT id FROM fact ORDER BY id');
        expect([reading.step(), reading.get()]).toEqual([true, [41]]);
        expect(isTransactionOpen(connection)).toBe(false);
        expect([reading.step(), reading.get()]).toEqual([true, [42]]);
        reading.free();
        expect(connection.getRowsModified()).toBe(2);
        expect(await told()).toEqual(before);
      });

      const told = () => runner.query('SELECT changes() AS c, total_changes() AS t, last_insert_rowid() AS r');
    });
});

it('takes no object for a packet of the protocol that only says so', () => {
  const connection = {};
  const liars = [
    { serverStatus: 1, constructor: { name: 'ResultSetHeader' } },
    Object.create({ serverStatus: 1, constructor: { name: 'ResultSetHeader' } }),
    JSON.parse('{"__proto__":{"constructor":{"name":"OkPacket"}},"serverStatus":1}'),
    [{ serverStatus: 1 }],
    1,
    null,
  ] as unknown[];
  expect(liars.map((liar) => isTransactionOpen(connection, liar))).toEqual(liars.map(() => undefined));
});

describeDatabases(
  'a statement its caller gave up',
  (database) => {
    const sleep = (seconds: number) =>
      database.name === 'postgres' ? `SELECT pg_sleep(${seconds})` : `DO SLEEP(${seconds})`;

    async function open(): Promise<{ dataSource: DataSource; runner: QueryRunner }> {
      const timeout =
        database.name === 'postgres'
          ? { extra: { query_timeout: 300 } }
          : { enableQueryTimeout: true, maxQueryExecutionTime: 300 };
      const dataSource = await new DataSource({ ...(await database.options()), ...timeout } as never).initialize();
      const runner = dataSource.createQueryRunner();
      await runner.connect();
      return { dataSource, runner };
    }

    it('runs on until the server has done it', async () => {
      const { dataSource, runner } = await open();
      const connection = connectionOf(runner);
      expect(statementStillRuns(connection)).toBeUndefined();
      const began = performance.now();
      await expect(runner.query(sleep(1))).rejects.toThrow(/timeout/i);
      const running = statementStillRuns(connection);
      expect(running).toBeInstanceOf(Promise);
      await running;
      expect(performance.now() - began).toBeGreaterThan(900);
      expect(statementStillRuns(connection)).toBeUndefined();
      await runner.query('SELECT 1');
      await runner.release();
      await dataSource.destroy();
    });

    it('may run on unheard when the connection ends', async () => {
      const { dataSource, runner } = await open();
      interface Client {
        readonly stream?: { destroy(): void };
        readonly connection?: Client;
        on(name: string, f: () => void): void;
      }
      const client = connectionOf(runner) as Client;
      client.on('error', () => undefined);
      await expect(runner.query(sleep(2))).rejects.toThrow(/timeout/i);
      setTimeout(() => (client.connection ?? client).stream!.destroy(), 10);
      await expect(statementStillRuns(client)).rejects.toThrow(/ended before/);
      expect(statementStillRuns(client)).toBeUndefined();
      await runner.release();
      await dataSource.destroy();
    });

    if (database.name === 'postgres')
      it('makes the driver silent on the transaction, for its word is older', async () => {
        const { dataSource, runner } = await open();
        const connection = connectionOf(runner);
        await expect(runner.query('BEGIN; SELECT pg_sleep(1)')).rejects.toThrow(/timeout/i);
        expect(isTransactionOpen(connection)).toBeUndefined();
        await statementStillRuns(connection);
        expect(isTransactionOpen(connection)).toBe(true);
        await runner.query('ROLLBACK');
        await runner.release();
        await dataSource.destroy();
      });

    it('is nothing after a failure the server told of', async () => {
      const { dataSource, runner } = await open();
      await expect(runner.query('SELECT nonsense')).rejects.toThrow(/nonsense/);
      await statementStillRuns(connectionOf(runner));
      expect(statementStillRuns(connectionOf(runner))).toBeUndefined();
      await runner.release();
      await dataSource.destroy();
    });
  },
  ['postgres', 'mariadb'],
);

describeDatabases(
  'a statement on a client that has ended',
  (database) => {
    it('was never sent, so nothing of its table is held back for it', async () => {
      const { dataSource, events, get, settled, statements } = await exampleApp(database);
      const examples = get(PlainExampleCacheManager);
      await examples.get(1);
      await settled();
      const runner = dataSource.createQueryRunner();
      const client = (await runner.connect()) as pg.PoolClient & { end(): Promise<void> };
      const ended = client.end();
      await expect(runner.manager.update(Example, 1, { title: 'unsent' })).rejects.toThrow('is not queryable');
      await ended;
      expect(events.map(({ name }) => name)).not.toContain('write:ambiguous');
      await statements.expect(0, () => examples.get(1));
    });
  },
  ['postgres'],
);
