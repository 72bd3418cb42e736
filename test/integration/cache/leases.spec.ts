import { Raw } from 'typeorm';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { QsCacheOptions } from '../../../lib/index.js';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';
import type { CacheStore } from '../../../lib/store/cache-store.js';
import { Example, exampleEntities } from '../../fixtures/entities/example.entity.js';
import { managers, PlainExampleCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { FaultyStore } from '../../support/faulty-store.js';
import { Pause } from '../../support/pause.js';
import { keysWith, rawRedis } from '../../support/raw-redis.js';
import { describeWith } from '../../support/services.js';
import { createTestApp, type StoreKind, type TestApp } from '../../support/test-app.js';

const SELECT_EXAMPLE = /^SELECT .*FROM .example. .Example./;
/** No test waits for so long. */
const PATIENT = 10_000;
const READERS = 50;

describeWith('redis', 'two processes over one Redis', (redisUrl) => {
  describeDatabases(
    'and one database',
    (database) => {
      async function setUp(
        options: QsCacheOptions = {},
        stores: [StoreKind, StoreKind] = ['ioredis-yet', 'ioredis-yet'],
      ) {
        const namespace = `test-${crypto.randomUUID()}`;
        const shared = { redisUrl, options: { budgetMs: PATIENT, ...options, namespace } };
        const first = await exampleApp(database, { ...shared, store: stores[0] });
        const second = await createTestApp({
          ...shared,
          database: { ...first.options, entities: exampleEntities } as never,
          managers,
          store: stores[1],
        });
        return [processOf(first), processOf(second)] as const;
      }

      function processOf(app: TestApp) {
        const store = new FaultyStore(app.get(QsCacheCore).store as CacheStore, PATIENT);
        return {
          ...app,
          store,
          examples: app.get(PlainExampleCacheManager),
          loads: async (work: () => PromiseLike<unknown>) => {
            const { statements } = await app.statements.during(work);
            return statements.filter((sql) => SELECT_EXAMPLE.test(sql)).length;
          },
          named: (name: string) => app.events.filter((event) => event.name === name).length,
          /** When it has found that somebody else loads. */
          waits: () =>
            vi.waitFor(() => expect(store.count('lease')).toBeGreaterThan(1), { interval: 2, timeout: 5_000 }),
        };
      }

      /** Its load is answered by the database, and does not come back before it is let go. */
      async function paused(process: ReturnType<typeof processOf>, read: () => PromiseLike<unknown>) {
        const pause = new Pause(process.dataSource, SELECT_EXAMPLE);
        onTestFinished(() => pause.release());
        const found = Promise.resolve(read());
        found.catch(() => undefined);
        await pause.reached();
        return { found, release: () => pause.release() };
      }

      const pairs: [StoreKind, StoreKind][] = [
        ['ioredis-yet', 'ioredis-yet'],
        ['keyv-redis', 'keyv-redis'],
      ];

      it.each(pairs)('load once for all readers of both (%s)', async (...stores) => {
        const [p, q] = await setUp({}, stores);
        const first = await paused(p, () => p.examples.get(1));
        const times = (process: typeof p) =>
          Promise.all(Array.from({ length: READERS }, () => process.examples.get(1)));
        const ours = times(p);
        const theirs = q.loads(() =>
          times(q).then((all) => expect(new Set(all.map(({ title }) => title))).toEqual(new Set(['one']))),
        );
        await q.waits();
        first.release();
        expect(await theirs).toBe(0);
        await Promise.all([ours, first.found]);
        expect([q.named('load:awaited'), q.named('load:joined'), q.named('entry:filled')]).toEqual([1, READERS - 1, 0]);
        expect(await p.loads(() => times(p))).toBe(0);
      });

      it('wait for a list as well', async () => {
        const [p, q] = await setUp();
        const first = await paused(p, () => p.examples.all());
        const theirs = q.loads(() => q.examples.all());
        await q.waits();
        first.release();
        expect(await theirs).toBe(0);
      });

      it('show a write that came while the other one was loading', async () => {
        const [p, q] = await setUp();
        const first = await paused(p, () => p.examples.get(1));
        const waiting = q.examples.get(1);
        await q.waits();
        await p.dataSource.manager.update(Example, 1, { title: 'changed' });
        expect((await waiting).title).toBe('changed');
        await q.settled();
        first.release();
        expect(await first.found).toMatchObject({ title: 'one' });
        expect((await p.examples.get(1)).title).toBe('changed');
        expect(await q.loads(() => q.examples.get(1))).toBe(0);
      });

      it('are not kept by a load that never comes back', async () => {
        const [p, q] = await setUp({ budgetMs: 300 });
        await paused(p, () => p.examples.get(1));
        expect(await q.loads(() => Promise.all([q.examples.get(1), q.examples.get(1)]))).toBe(1);
        await q.settled();
        expect(await q.loads(() => q.examples.get(1))).toBe(0);
      });

      it('do not wait in turn for what cannot be stored', async () => {
        const [p, q] = await setUp();
        const recent = ({ examples }: typeof p) =>
          examples.get('recent', { where: { id: 1, title: Raw((title) => `${title} <> '' AND now() IS NOT NULL`) } });
        const first = await paused(p, () => recent(p));
        const second = paused(q, () => recent(q));
        await q.waits();
        first.release();
        await second;
        // The second one does not come back, and the third one does not wait for it.
        const asked = p.store.count('lease');
        expect(await p.loads(() => recent(p))).toBe(1);
        expect(p.store.count('lease')).toBe(asked + 1);
      });

      it('load the keys of a batch that the other one does not load', async () => {
        const [p, q] = await setUp();
        const first = await paused(p, () => p.examples.get(1));
        const batch = q.loads(() =>
          q.examples.getMany([1, 2, 3]).then((all) => expect(all.map(({ id }) => id)).toEqual([1, 2, 3])),
        );
        await q.waits();
        await vi.waitFor(() => expect(q.named('entry:filled')).toBe(2));
        first.release();
        expect(await batch).toBe(1);
        expect(q.named('load:awaited')).toBe(1);
      });

      it('wait for a forged lease no longer than for a dead process, and fail for none', async () => {
        const [p, q] = await setUp({ budgetMs: 200 });
        const redis = rawRedis(redisUrl);
        const before = new Set(await keysWith(redis, 'qscache:lease:'));
        const first = await paused(p, () => p.examples.get(1));
        const ours = (await keysWith(redis, 'qscache:lease:')).filter((name) => !before.has(name));
        onTestFinished(() => void redis.del(...ours));
        for (const forge of [
          (name: string) => redis.set(name, 'lease:'),
          (name: string) => redis.set(name, 'text'),
          (name: string) => redis.multi().del(name).hset(name, { id: '1' }).exec(),
        ]) {
          for (const name of ours) await forge(name);
          expect(await q.examples.get(1)).toMatchObject({ title: 'one' });
          await q.settled();
          await redis.del(...(await keysWith(redis, q.examples.getDetailCacheKey(1))));
        }
        first.release();
        expect(await first.found).toMatchObject({ title: 'one' });
      });
    },
    ['postgres', 'mariadb'],
  );
});
