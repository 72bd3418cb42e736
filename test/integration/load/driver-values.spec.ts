import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { Column, type DataSourceOptions, Entity, PrimaryColumn } from 'typeorm';
import { expect, it, onTestFinished } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { describeWith } from '../../support/services.js';
import { createTestApp } from '../../support/test-app.js';

@Entity()
class Sale {
  @PrimaryColumn()
  id!: number;

  @Column('bigint')
  count!: string;

  @Column('decimal', { precision: 10, scale: 2 })
  price!: string;

  @Column('timestamp')
  at!: Date;
}

@Injectable()
class SaleCacheManager extends BaseCacheManager<Sale> {
  model = Sale;
}

function typeCast(field: { type: string; string(): string }, otherwise: () => unknown): unknown {
  return field.type === 'NEWDECIMAL' ? Number(field.string()) : otherwise();
}

describeWith('redis', 'A process reads no entry of one whose driver makes other values', (redisUrl) => {
  /** What it shows after an application with usual options has cached it, beside what find gives. */
  async function shown(database: TestDatabase, more: object, change?: () => void, stands = !change) {
    const options = { ...(await database.options()), entities: [Sale] };
    const namespace = `test-${randomUUID()}`;
    const open = async (others: object) => {
      const app = await createTestApp({
        database: { ...options, ...others } as DataSourceOptions,
        managers: [SaleCacheManager],
        store: 'ioredis-yet',
        redisUrl,
        options: { namespace },
      });
      return { ...app, sales: app.get(SaleCacheManager) };
    };
    const usual = await open({ synchronize: true });
    await usual.dataSource.query("INSERT INTO sale VALUES (1, 5, 1.50, '2020-01-01 00:00:00')");
    // What a process has for all of its DataSources can only change afterwards.
    const early = stands ? await open(more) : undefined;
    await usual.sales.get(1);
    await usual.settled();
    change?.();
    const other = early ?? (await open(more));
    return [await other.sales.get(1), await other.dataSource.getRepository(Sale).findOneBy({ id: 1 })];
  }

  describeDatabases(
    'by its options',
    (database) => {
      it.each<[string, object]>([
        ['dates are texts', { dateStrings: true }],
        ['dates are of another time zone', { timezone: '+05:00' }],
        ['large numbers are numbers', { bigNumberStrings: false }],
        ['decimals are numbers', { extra: { decimalNumbers: true } }],
        ['values are cast by the application', { extra: { typeCast } }],
      ])('where %s', async (_, options) => {
        const [cached, found] = await shown(database, options);
        expect(cached).toEqual(found);
      });
    },
    ['mariadb'],
  );

  describeDatabases(
    'by its parsers',
    (database) => {
      it('where those of the process are others', async () => {
        const type = pg.types.builtins.NUMERIC;
        const usual = pg.types.getTypeParser(type);
        onTestFinished(() => pg.types.setTypeParser(type, usual));
        const [cached, found] = await shown(database, {}, () => pg.types.setTypeParser(type, parseFloat));
        expect(cached).toEqual(found);
      });

      it('where those of the process are others once it stands', async () => {
        const type = pg.types.builtins.NUMERIC;
        const usual = pg.types.getTypeParser(type);
        onTestFinished(() => pg.types.setTypeParser(type, usual));
        const [cached, found] = await shown(database, {}, () => pg.types.setTypeParser(type, parseFloat), true);
        expect(cached).toEqual(found);
      });

      it('where those of the pool are others', async () => {
        const getTypeParser = (type: number) => (type === 1700 ? parseFloat : pg.types.getTypeParser(type));
        const [cached, found] = await shown(database, { extra: { types: { ...pg.types, getTypeParser } } });
        expect(cached).toEqual(found);
      });

      it('where the time zone of the process is another', async () => {
        const { TZ } = process.env;
        onTestFinished(() => void (TZ === undefined ? delete process.env.TZ : (process.env.TZ = TZ)));
        const [cached, found] = await shown(database, {}, () => void (process.env.TZ = 'Asia/Tokyo'));
        expect(cached).toEqual(found);
      });
    },
    ['postgres'],
  );
});
