import { Injectable, type Type } from '@nestjs/common';
import { Column, DataSource, type DataSourceOptions, Entity, PrimaryColumn } from 'typeorm';
import { expect, it, onTestFinished } from 'vitest';
import { BaseCacheManager, type CacheManagerClass } from '../../../lib/index.js';
import { databaseName } from '../../../lib/naming/database-name.js';
import { Example, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { managers, PlainExampleCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { outside } from '../../support/outside.js';
import { renamingPooler } from '../../support/renaming-pooler.js';
import { describeWith } from '../../support/services.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('member', { schema: 'tenant' })
class TenantMember {
  @PrimaryColumn()
  id: number;

  @Column()
  name: string;
}

@Entity('member')
class Member {
  @PrimaryColumn()
  id: number;

  @Column()
  name: string;
}

@Injectable()
class TenantMemberCacheManager extends BaseCacheManager<TenantMember> {
  model = TenantMember;
  cacheKey = 'tenant_member';
}

@Injectable()
class MemberCacheManager extends BaseCacheManager<Member> {
  model = Member;
}

describeDatabases('a temporary table that stands before another of its name', (database) => {
  const temporary = { postgres: 'TEMP', mariadb: 'TEMPORARY', sqljs: 'TEMP' }[database.name];

  async function setUp() {
    const options = {
      ...(await database.options()),
      entities: [Member],
      synchronize: true,
      extra: { max: 1, connectionLimit: 1 },
    };
    const app = await createTestApp({ database: options as DataSourceOptions, managers: [MemberCacheManager] });
    await app.dataSource.manager.insert(Member, { id: 1, name: 'ann' });
    return { ...app, members: app.get(MemberCacheManager) };
  }

  it("is nobody else's: what is loaded through it is not stored", async () => {
    const { members, ...app } = await setUp();
    await app.dataSource.query(`CREATE ${temporary} TABLE member (id int, name varchar(20))`);
    await app.dataSource.query(`INSERT INTO member VALUES (1, 'temporary')`);
    expect((await members.get(1)).name).toBe('temporary');
    expect(app.events).not.toContainEqual(expect.objectContaining({ name: 'entry:filled' }));
    await app.dataSource.query('DROP TABLE member');
    expect((await members.get(1)).name).toBe('ann');
    await app.statements.expect(0, () => members.get(1));
  });

  it('is no matter where it has another name, nor is a statement that might have made one', async () => {
    const { members, ...app } = await setUp();
    const cached = async () => {
      await members.get(1);
      await app.statements.expect(0, () => members.get(1));
    };
    await app.dataSource.query(`CREATE ${temporary} TABLE report (id int)`);
    await cached();
    await expect(app.dataSource.query('UPDAET member SET id = 1')).rejects.toThrow();
    await cached();
    if (database.name === 'sqljs') return;
    const body = database.name === 'postgres' ? `LANGUAGE sql AS 'SELECT 1'` : 'BEGIN DO 1; END';
    await app.dataSource.query(`CREATE PROCEDURE nothing() ${body}`);
    await app.dataSource.query('CALL nothing()');
    await cached();
    const hiding = `CREATE ${temporary} TABLE member (id int, name varchar(20))`;
    const hides = database.name === 'postgres' ? `LANGUAGE sql AS '${hiding}'` : `BEGIN ${hiding}; END`;
    await app.dataSource.query(`CREATE PROCEDURE hides() ${hides}`);
    await app.dataSource.query('CALL hides()');
    await expect(members.get(1)).rejects.toThrow();
    await app.dataSource.query(`INSERT INTO member VALUES (1, 'temporary')`);
    expect((await members.get(1)).name).toBe('temporary');
    await app.statements.expect(1, () => members.get(1));
  });
});

describeWith('redis', 'one database under two names', (redisUrl) => {
  const store = 'keyv-redis' as const;
  const withSchema = (options: DataSourceOptions) => boot(options, TenantMember, TenantMemberCacheManager);
  const withoutSchema = (options: DataSourceOptions) => boot(options, Member, MemberCacheManager);
  const boot = <T>(options: DataSourceOptions, entity: Function, manager: Type<T> & CacheManagerClass) =>
    createTestApp({
      database: { ...options, entities: [entity] } as DataSourceOptions,
      managers: [manager],
      store,
      redisUrl,
    });

  describeDatabases(
    'is one to its clocks',
    (database) => {
      it('for two applications with different namespaces', async () => {
        const one = await exampleApp(database, { store, redisUrl });
        const two = await createTestApp({
          database: { ...one.options, entities: exampleEntities } as DataSourceOptions,
          managers,
          store,
          redisUrl,
        });
        expect((await one.get(PlainExampleCacheManager).get(1)).title).toBe('one');
        await one.get(PlainExampleCacheManager).all();
        // Their entries are their own.
        await two.statements.expect(1, () => two.get(PlainExampleCacheManager).get(1));
        await two.dataSource.manager.update(Example, 1, { title: 'from two' });
        expect((await one.get(PlainExampleCacheManager).get(1)).title).toBe('from two');
        await two.get(PlainExampleCacheManager).all();
        await one.dataSource.manager.update(Example, 1, { title: 'from one' });
        expect((await two.get(PlainExampleCacheManager).get(1)).title).toBe('from one');
        expect((await two.get(PlainExampleCacheManager).all()).map(({ title }) => title)).toContain('from one');
      });

      it('reached by another name of its host', async () => {
        const one = await exampleApp(database, { store, redisUrl });
        const { host } = one.options as { host?: string };
        const elsewhere = {
          ...one.options,
          host: host === 'localhost' ? '127.0.0.1' : 'localhost',
          entities: exampleEntities,
        };
        const two = await createTestApp({ database: elsewhere as DataSourceOptions, managers, store, redisUrl });
        expect((await one.get(PlainExampleCacheManager).get(1)).title).toBe('one');
        await two.dataSource.manager.update(Example, 1, { title: 'from two' });
        expect((await one.get(PlainExampleCacheManager).get(1)).title).toBe('from two');
      });
    },
    ['postgres', 'mariadb'],
  );

  describeDatabases(
    'that a pooler calls otherwise, or a schema divides,',
    (database) => {
      it('is asked for its own name', async () => {
        const one = await exampleApp(database, { store, redisUrl });
        const pooler = await renamingPooler(one.options as never, { alias: 'shop_rw' });
        const options = {
          ...one.options,
          host: '127.0.0.1',
          port: pooler.port,
          database: 'shop_rw',
          entities: exampleEntities,
        };
        const two = await createTestApp({ database: options as DataSourceOptions, managers, store, redisUrl });
        expect(databaseName(two.dataSource)).toBe(databaseName(one.dataSource));
        expect((await one.get(PlainExampleCacheManager).get(1)).title).toBe('one');
        await two.dataSource.manager.update(Example, 1, { title: 'from two' });
        expect((await one.get(PlainExampleCacheManager).get(1)).title).toBe('from two');
      });

      it('a write that says its schema reaches those who map it with the schema and those who map it without', async () => {
        const options = await database.options();
        await outside(
          options,
          'CREATE SCHEMA tenant',
          'CREATE TABLE tenant.member (id int PRIMARY KEY, name text NOT NULL)',
          'CREATE TABLE member (id int PRIMARY KEY, name text NOT NULL)',
          `INSERT INTO tenant.member VALUES (1, 'ann')`,
          `INSERT INTO member VALUES (1, 'public ann')`,
        );
        const tenant = await withSchema(options);
        const plainApp = await withoutSchema(options as DataSourceOptions);
        const tenants = tenant.get(TenantMemberCacheManager);
        const plain = plainApp.get(MemberCacheManager);
        const name = async () => [(await tenants.get(1)).name, (await tenants.all())[0]!.name];
        expect(await name()).toEqual(['ann', 'ann']);
        expect((await plain.get(1)).name).toBe('public ann');

        await plainApp.dataSource.query(`UPDATE tenant.member SET name = 'anna' WHERE id = 1`);
        expect(await name()).toEqual(['anna', 'anna']);

        // The one table may be somebody's unqualified one: by a role's search_path, say.
        await tenant.dataSource.query(`UPDATE public.member SET name = 'public anna' WHERE id = 1`);
        expect((await plain.get(1)).name).toBe('public anna');

        const runner = plainApp.dataSource.createQueryRunner();
        await runner.query('SET search_path TO tenant, public');
        await runner.manager.update(Member, 1, { name: 'by path' });
        expect(await name()).toEqual(['by path', 'by path']);
        await runner.startTransaction();
        await runner.query(`SELECT set_config('search_path', 'tenant', true)`);
        await runner.query(`UPDATE member SET name = 'local path'`);
        await runner.commitTransaction();
        expect(await name()).toEqual(['local path', 'local path']);
        await runner.query('RESET search_path');
        await runner.release();
        expect((await plain.get(1)).name).toBe('public anna');
      });

      it('a role whose path leads elsewhere names its tables as the database resolves them', async () => {
        const options = (await database.options()) as DataSourceOptions & { database: string };
        await outside(
          options,
          'CREATE SCHEMA tenant',
          'CREATE TABLE tenant.member (id int PRIMARY KEY, name text NOT NULL)',
          `INSERT INTO tenant.member VALUES (1, 'ann')`,
          `ALTER DATABASE ${options.database} SET search_path TO tenant, public`,
        );
        const tenant = await withSchema(options);
        const plainApp = await withoutSchema(options as DataSourceOptions);
        expect((await tenant.get(TenantMemberCacheManager).get(1)).name).toBe('ann');
        expect((await plainApp.get(MemberCacheManager).get(1)).name).toBe('ann');
        await plainApp.dataSource.manager.update(Member, 1, { name: 'anna' });
        expect((await tenant.get(TenantMemberCacheManager).get(1)).name).toBe('anna');
        await tenant.dataSource.manager.update(TenantMember, 1, { name: 'anne' });
        expect((await plainApp.get(MemberCacheManager).get(1)).name).toBe('anne');
      });

      it('a load on a connection whose names lead elsewhere is not stored', async () => {
        const options = { ...(await database.options()), extra: { max: 1 } };
        await outside(
          options as DataSourceOptions,
          'CREATE SCHEMA tenant',
          'CREATE TABLE tenant.member (id int PRIMARY KEY, name text)',
          'CREATE TABLE member (id int PRIMARY KEY, name text)',
          `INSERT INTO tenant.member VALUES (1, 'of the tenant')`,
          `INSERT INTO member VALUES (1, 'ann')`,
        );
        const app = await withoutSchema(options as DataSourceOptions);
        const members = app.get(MemberCacheManager);
        await app.dataSource.query('SET search_path TO tenant');
        await members.get(1);
        expect(app.events).toContainEqual(expect.objectContaining({ name: 'entry:skipped', reason: 'uncovered' }));
        // A setting that is taken back, and a statement that might have been one, leave the connection good for loads.
        await app.dataSource.query('RESET search_path');
        await app.dataSource.query('CREATE SCHEMA unrelated');
        expect((await members.get(1)).name).toBe('ann');
        await app.statements.expect(0, () => members.get(1));
        await app.dataSource.query('SET search_path TO tenant');
        await members.clearCache();
        await members.get(1);
        const other = new DataSource({ ...options, entities: [Member] } as DataSourceOptions);
        onTestFinished(() => other.destroy());
        await other.initialize();
        await app.statements.expect(1, () => members.get(1));
      });
    },
    ['postgres'],
  );

  describeDatabases(
    'in MariaDB',
    (database) => {
      it('a statement that names another database, or runs after USE, reaches the tables there', async () => {
        const first = (await database.options()) as DataSourceOptions & { database: string };
        const second = (await database.options()) as DataSourceOptions & { database: string };
        for (const options of [first, second]) {
          await outside(
            options,
            'CREATE TABLE member (id int PRIMARY KEY, name varchar(20) NOT NULL)',
            `INSERT INTO member VALUES (1, 'ann')`,
          );
        }
        const one = await withoutSchema(first);
        const two = await withoutSchema(second);
        const members = one.get(MemberCacheManager);
        expect((await members.get(1)).name).toBe('ann');
        await two.dataSource.query(`UPDATE \`${first.database}\`.member SET name = 'anna' WHERE id = 1`);
        expect((await members.get(1)).name).toBe('anna');
        const runner = two.dataSource.createQueryRunner();
        await runner.query(`USE \`${first.database}\``);
        await runner.query(`UPDATE member SET name = 'used' WHERE id = 1`);
        expect((await members.get(1)).name).toBe('used');
        // What nobody can place may have written anything there.
        await one.statements.expect(0, () => members.get(1));
        await runner.query('BEGIN NOT ATOMIC IF 1 THEN SELECT 1; END IF; END');
        // Beside what is asked about tables after that, in its own time.
        const { statements } = await one.statements.during(() => members.get(1));
        expect(statements.filter((statement) => statement.includes('FROM `member`'))).toHaveLength(1);
        await runner.query(`USE \`${second.database}\``);
        await runner.release();
      });
    },
    ['mariadb'],
  );
});
