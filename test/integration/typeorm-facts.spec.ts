import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource, type EntitySubscriberInterface, type QueryRunner } from 'typeorm';
import type { AfterQueryEvent, BeforeQueryEvent } from 'typeorm/subscriber/event/QueryEvent.js';
import { expect, it, onTestFinished } from 'vitest';
import { Example, exampleEntities, User } from '../fixtures/entities/example.entity.js';
import { describeDatabases, type TestDatabase } from '../support/databases.js';
import { isTypeOrm0 } from '../support/typeorm.js';

// What the library stands on. A TypeORM or driver release that changes one of these fails here first, by name.

class Witness implements EntitySubscriberInterface {
  readonly seen: string[] = [];
  connections: unknown[] = [];
  results: unknown[] = [];
  delayMs = 0;

  async beforeQuery({ query, queryRunner }: BeforeQueryEvent): Promise<void> {
    await sleep(this.delayMs);
    // sql.js has one runner in place of a connection.
    this.connections.push((queryRunner as { databaseConnection?: unknown }).databaseConnection ?? queryRunner);
    this.seen.push(`before ${query.split(' ').slice(0, 2).join(' ')}`);
  }

  async afterQuery({ query, success, rawResults }: AfterQueryEvent): Promise<void> {
    await sleep(this.delayMs);
    this.results.push(rawResults);
    this.seen.push(`after ${query.split(' ').slice(0, 2).join(' ')}${success ? '' : ' failed'}`);
  }
}

async function open(database: TestDatabase): Promise<{ dataSource: DataSource; witness: Witness }> {
  const options = { ...(await database.options()), entities: exampleEntities, synchronize: true };
  const dataSource = await new DataSource(options as never).initialize();
  onTestFinished(() => (dataSource.isInitialized ? dataSource.destroy() : undefined));
  const witness = new Witness();
  dataSource.subscribers.push(witness);
  return { dataSource, witness };
}

const HASTY = 'MySQL’s runner of TypeORM 0.3 waits for no afterQuery; the library makes it wait for its own';

describeDatabases('TypeORM', (database) => {
  const isolated = database.name !== 'sqljs';
  const isHasty = isTypeOrm0 && database.name === 'mariadb';

  it('tells a subscriber pushed at run time of every statement, the transaction’s own included, and waits for it', async ({
    skip,
  }) => {
    skip(isHasty, HASTY);
    const { dataSource, witness } = await open(database);
    witness.delayMs = 5;
    await dataSource.manager.save(User, { username: 'ann' });
    const begin = database.name === 'sqljs' ? 'BEGIN TRANSACTION' : 'START TRANSACTION';
    expect(witness.seen.filter((entry) => !/SELECT/.test(entry))).toEqual([
      `before ${begin}`,
      `after ${begin}`,
      'before INSERT INTO',
      'after INSERT INTO',
      'before COMMIT',
      'after COMMIT',
    ]);
  });

  it('tells of savepoints by name, and of failures', async () => {
    const { dataSource, witness } = await open(database);
    await dataSource.transaction(async (manager) => {
      await manager.transaction((inner) => inner.insert(User, { username: 'ann' }));
      await manager.transaction((inner) => inner.query('SELECT no_such_column FROM example')).catch(() => undefined);
    });
    expect(witness.seen).toContain('after SAVEPOINT typeorm_1');
    expect(witness.seen).toContain('after RELEASE SAVEPOINT');
    expect(witness.seen).toContain('after ROLLBACK TO');
    expect(witness.seen).toContain('after SELECT no_such_column failed');
  });

  it('forgets subscribers pushed at run time when the DataSource is destroyed and initialized again', async () => {
    const { dataSource, witness } = await open(database);
    await dataSource.destroy();
    await dataSource.initialize();
    expect(dataSource.subscribers).not.toContain(witness);
  });

  it('runs a runner’s statements on one connection, and two runners’ on two where the database has several', async () => {
    const { dataSource, witness } = await open(database);
    const runners = [dataSource.createQueryRunner('master'), dataSource.createQueryRunner('master')] as [
      QueryRunner,
      QueryRunner,
    ];
    for (const runner of [...runners, ...runners]) await runner.query('SELECT 1');
    for (const runner of runners) await runner.release();
    expect(new Set(witness.connections).size).toBe(isolated ? 2 : 1);
    expect(runners[0] === runners[1]).toBe(!isolated);
  });

  it('lets the driver say whether a transaction is open, where it says anything', async ({ skip }) => {
    skip(isHasty, HASTY);
    const { dataSource, witness } = await open(database);
    const runner = dataSource.createQueryRunner('master');
    await runner.query(`INSERT INTO company (name) VALUES ('a')`);
    const outside = state(runner, witness);
    await runner.query(database.name === 'sqljs' ? 'BEGIN' : 'START TRANSACTION');
    const begun = state(runner, witness);
    await runner.query(`INSERT INTO company (name) VALUES ('b')`);
    const inside = state(runner, witness);
    await runner.query('COMMIT');
    const after = state(runner, witness);
    await runner.release();
    expect([outside, begun, inside, after]).toEqual(
      database.name === 'sqljs' ? [undefined, undefined, undefined, undefined] : [false, true, true, false],
    );
  });

  it('gives the foreign key actions, and the tables behind a many-to-many, as metadata', async () => {
    const { dataSource } = await open(database);
    const example = dataSource.getMetadata(Example);
    expect(example.foreignKeys.map(({ onDelete, referencedEntityMetadata: { name } }) => [name, onDelete])).toEqual([
      ['User', 'CASCADE'],
    ]);
    const junction = example.findRelationWithPropertyPath('users')!.junctionEntityMetadata!;
    expect(dataSource.entityMetadatas).toContain(junction);
    expect(junction.foreignKeys.map(({ onDelete }) => onDelete)).toEqual(['CASCADE', 'CASCADE']);
  });

  it('leaves listeners alone, and everything else as it is, for a select with callListeners(false)', async () => {
    const { dataSource } = await open(database);
    let loaded = 0;
    dataSource.subscribers.push({ afterLoad: () => void loaded++ });
    await dataSource.manager.save(Example, { title: 'one', users: [] });
    loaded = 0;
    const builder = () => dataSource.createQueryBuilder(Example, 'e').setFindOptions({ relations: { users: true } });
    const quiet = await builder().callListeners(false).getMany();
    expect(loaded).toBe(0);
    expect(quiet).toEqual(await builder().getMany());
    expect(loaded).toBe(1);
  });
});

function state(runner: QueryRunner, witness: Witness): boolean | undefined {
  const { databaseConnection } = runner as { databaseConnection?: { getTransactionStatus?: () => string } };
  if (databaseConnection?.getTransactionStatus) return databaseConnection.getTransactionStatus() !== 'I';
  const status = (witness.results.at(-1) as { serverStatus?: number } | undefined)?.serverStatus;
  return status === undefined ? undefined : (status & 1) !== 0;
}
