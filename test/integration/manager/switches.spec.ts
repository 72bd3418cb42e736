import { Injectable, Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { DataSourceOptions } from 'typeorm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { BaseCacheManager, type QsCacheOptions } from '../../../lib/index.js';
import { Example, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager, PlainExampleCacheManager } from '../../fixtures/managers.js';
import { sqljs } from '../../fixtures/sqljs.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { describeWith } from '../../support/services.js';
import { createTestApp } from '../../support/test-app.js';
import { timeOfDay } from '../../support/time-of-day.js';

describeDatabases('With cache: false a call', (database) => {
  it('neither asks the cache nor fills it', async () => {
    const { get, statements, settled, events } = await exampleApp(database);
    const plain = get(PlainExampleCacheManager);
    const reads = [
      () => plain.get(1, { cache: false }),
      () => plain.get('one', { where: { title: 'one' }, cache: false }),
      () => plain.all({ cache: false }),
      () => plain.all({ cache: false, suffix: 'active', where: { isActive: true } }),
    ];
    for (const read of reads) {
      for (let round = 0; round < 2; round++) {
        events.splice(0);
        await statements.expect(1, async () => void (await read()));
        await settled();
        expect(events).toEqual([expect.objectContaining({ name: 'entry:missed', reason: 'bypassed' })]);
      }
    }
    for (const read of [() => plain.get(1), () => plain.all(), () => plain.all({ suffix: 'active' })]) {
      await statements.expect(1, async () => void (await read()));
      await settled();
      await statements.expect(0, async () => void (await read()));
    }
  });

  it('leaves what is stored as it is, and says what the cache would say', async () => {
    const { get, statements, settled } = await exampleApp(database);
    const examples = get(ExampleCacheManager);
    const [stored, list] = [await examples.get(1), await examples.all()];
    await settled();
    expect(await statements.expect(2, () => examples.get(1, { cache: false }))).toEqual(stored);
    expect(await examples.all({ cache: false })).toEqual(list);
    await expect(examples.get(404, { cache: false })).rejects.toThrow('Example not found');
    expect(await examples.get(404, { cache: false, raiseException: false })).toBeNull();
    await statements.expect(0, () => examples.get(1));
    await statements.expect(0, () => examples.all());
  });

  it('says so of all that is made of its set', async () => {
    const { get, settled, statements } = await exampleApp(database);
    const plain = get(PlainExampleCacheManager);
    const all = plain.all({ cache: false });
    expect(await all.count()).toBe(3);
    const filtered = () => plain.all({ cache: false }).filter({ isActive: true });
    for (let round = 0; round < 2; round++) {
      await statements.expect(1, () => filtered());
      await statements.expect(1, () => filtered().cache('active'));
      await settled();
    }
  });

  it('reads through a transaction as ever', async () => {
    const { get, dataSource } = await exampleApp(database);
    const plain = get(PlainExampleCacheManager);
    await dataSource.transaction(async (entityManager) => {
      await entityManager.update(Example, 1, { title: 'new' });
      const within = plain.using(entityManager);
      expect((await within.get(1, { cache: false })).title).toBe('new');
      expect((await within.all({ cache: false })).map(({ title }) => title)).toContain('new');
    });
  });

  it('is none, with anything but a boolean', async () => {
    const { get } = await exampleApp(database);
    const plain = get(PlainExampleCacheManager);
    for (const cache of ['false', 0, null] as unknown as boolean[]) {
      const error = { name: 'InvalidQueryError', code: 'QSCACHE_OPTIONS' };
      await expect(plain.get(1, { cache })).rejects.toMatchObject(error);
      expect(() => plain.all({ cache })).toThrow(expect.objectContaining(error) as Error);
    }
    expect(await plain.get(1, { cache: true })).toMatchObject({ id: 1 });
  });
});

describe('With cache: false a replicated DataSource', () => {
  it('is asked where what is cached would be loaded', async () => {
    const { get, dataSource } = await exampleApp(sqljs);
    const plain = get(PlainExampleCacheManager);
    const modes: unknown[] = [];
    const { createQueryRunner } = dataSource;
    dataSource.createQueryRunner = (mode) => {
      modes.push(mode);
      return createQueryRunner.call(dataSource, mode);
    };
    await plain.get(1, { cache: false });
    await plain.all({ cache: false });
    expect(modes).toEqual(['master', 'master']);
  });
});

@Injectable()
class Lenient extends BaseCacheManager<Example> {
  model = Example;
  cacheKey = 'shared';
}

/** The same manager, in a process that declares it otherwise. */
function declared(change: Partial<BaseCacheManager<Example>>) {
  return class extends Lenient {
    static override readonly name = 'Lenient';
    constructor() {
      super();
      Object.assign(this, change);
    }
  };
}

describeWith('redis', 'Processes that share a store', (redisUrl) => {
  async function processes(
    { options: optionsOf }: TestDatabase,
    ...declarations: readonly { manager?: Partial<BaseCacheManager<Example>>; options?: QsCacheOptions }[]
  ) {
    const namespace = `test-${randomUUID()}`;
    const database = { ...(await optionsOf()), entities: exampleEntities, synchronize: true };
    const opened = [];
    for (const { manager = {}, options } of declarations) {
      const type = declared(manager);
      const app = await createTestApp({
        database: database as DataSourceOptions,
        managers: [type],
        store: 'ioredis-yet',
        redisUrl,
        options: { namespace, ...options },
      });
      opened.push({ ...app, examples: app.get(type) });
    }
    await opened[0]!.dataSource.manager.save(Example, { title: 'one' });
    return opened;
  }

  describeDatabases(
    'and a database',
    (database) => {
      it('share entries whatever each allows beyond a timeout', async () => {
        const [renewing, strict] = await processes(
          database,
          { manager: { detailTimeout: 60, staleWhileRevalidate: 3_600, staleIfError: 3_600, timeoutJitter: 0.1 } },
          { manager: { detailTimeout: 60 } },
        );
        await renewing!.examples.get(1);
        await renewing!.settled();
        await strict!.statements.expect(0, () => strict!.examples.get(1));
        const time = timeOfDay();
        time.pass(120_000);
        // Fresh for nobody, and only one of them shows it.
        strict!.events.splice(0);
        await strict!.statements.expect(1, () => strict!.examples.get(1));
        const key = strict!.examples.getDetailCacheKey(1);
        expect(strict!.events[0]).toEqual({ name: 'entry:missed', key, reason: 'expired' });
        await strict!.settled();
        await renewing!.statements.expect(0, () => renewing!.examples.get(1));
        expect(renewing!.events.at(-1)).toEqual({ name: 'entry:hit', key });
        await strict!.dataSource.manager.update(Example, 1, { title: 'new' });
        expect((await renewing!.examples.get(1)).title).toBe('new');
      });

      it('show no row to none that does not remember it', async () => {
        const [remembering, other] = await processes(database, { manager: { notFoundTimeout: 60 } }, {});
        const no = { raiseException: false } as const;
        expect(await remembering!.examples.get(9, no)).toBeNull();
        await remembering!.settled();
        await remembering!.statements.expect(0, () => remembering!.examples.get(9, no));
        await other!.statements.expect(1, () => other!.examples.get(9, no));
        expect(other!.events).toContainEqual(expect.objectContaining({ name: 'entry:missed', reason: 'foreign' }));
        // Of a release that remembers none, beside one that does, nobody has forged anything.
        const told = other!.events.flatMap((event) => (event.name === 'entry:corrupt' ? [event.error.message] : []));
        expect(told).toEqual([expect.stringContaining('another release')]);
        await other!.dataSource.query(`INSERT INTO example (id, title) VALUES (9, 'nine')`);
        expect((await remembering!.examples.get(9)).title).toBe('nine');
        await remembering!.settled();
        expect((await other!.statements.expect(0, () => other!.examples.get(9))).title).toBe('nine');
      });

      it('hear the writes of one that caches nothing, which reads from the database', async () => {
        const warned: unknown[] = [];
        vi.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void warned.push(line));
        onTestFinished(() => void vi.restoreAllMocks());
        const [caching, off] = await processes(database, {}, { options: { enabled: false } });
        expect(warned).toContainEqual(expect.stringContaining('Nothing is cached (enabled: false)'));
        await caching!.examples.get(1);
        await caching!.examples.all();
        await caching!.settled();
        for (let round = 0; round < 2; round++) {
          off!.events.splice(0);
          await off!.statements.expect(1, () => off!.examples.get(1));
          await off!.statements.expect(1, () => off!.examples.all());
          await off!.settled();
          const missed = (key: string) => ({ name: 'entry:missed', key, reason: 'disabled' });
          const { examples } = off!;
          expect(off!.events).toEqual([missed(examples.getDetailCacheKey(1)), missed(examples.getCacheKey())]);
        }
        await caching!.statements.expect(0, () => caching!.examples.get(1));
        await off!.dataSource.manager.update(Example, 1, { title: 'new' });
        expect((await caching!.examples.get(1)).title).toBe('new');
        expect((await caching!.examples.all())[0]!.title).toBe('new');
      });
    },
    ['postgres', 'mariadb'],
  );
});
