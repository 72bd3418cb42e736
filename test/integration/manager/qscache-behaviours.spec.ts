import { CACHE_MANAGER } from '@nestjs/cache-manager';
import { ForbiddenException, Injectable, NotFoundException } from '@nestjs/common';
import type { Cache } from 'cache-manager';
import { describe, expect, it, vi } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { Example } from '../../fixtures/entities/example.entity.js';
import * as fixtures from '../../fixtures/managers.js';
import { type DatabaseName, describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { services } from '../../support/services.js';
import type { StoreKind } from '../../support/test-app.js';

const { redis } = services;
if ('skip' in redis) console.warn(`Skipped the behaviours on Redis: ${redis.skip}`);

/** Every database and every store, not every pair: what a store does differently does not depend on the database. */
const stores: Record<DatabaseName, StoreKind[]> = {
  sqljs: ['memory', 'ioredis-yet', 'keyv-redis'],
  postgres: ['ioredis-yet'],
  mariadb: ['keyv-redis'],
};

const byTitle = (a: Example, b: Example) => a.title.localeCompare(b.title);

describeDatabases('qscache', (database) => {
  describe.each(stores[database.name].filter((store) => store === 'memory' || 'url' in redis))('on %s', (store) => {
    const app = () => exampleApp(database, { store, ...('url' in redis && { redisUrl: redis.url }) });

    it('stores the list under the list key, for the list timeout', async () => {
      const { get, statements, module, settled } = await app();
      const examples = get(fixtures.PlainExampleCacheManager);
      await statements.expect(1, () => examples.all());
      await settled();
      await module.get<Cache>(CACHE_MANAGER, { strict: false }).del(examples.getCacheKey());
      await statements.expect(1, () => examples.all());
      await statements.expect(0, () => examples.all());
    });

    it('answers ten reads of a list with one query', async () => {
      const { get, statements } = await app();
      const examples = get(fixtures.PlainExampleCacheManager);
      await statements.expect(1, async () => {
        for (let i = 0; i < 10; i++) expect(await examples.all()).toHaveLength(3);
      });
    });

    it('answers ten reads of a detail with one query, by id and by a filter of its own', async () => {
      const { get, statements } = await app();
      const examples = get(fixtures.PlainExampleCacheManager);
      await statements.expect(1, async () => {
        for (let i = 0; i < 10; i++) expect((await examples.get(1)).title).toBe('one');
      });
      await statements.expect(1, async () => {
        for (let i = 0; i < 10; i++) expect((await examples.get('two', { where: { title: 'two' } })).id).toBe(2);
      });
    });

    it('keeps a filtered list under its suffix, apart from the whole list', async () => {
      const { get, statements } = await app();
      const examples = get(fixtures.PlainExampleCacheManager);
      const active = () => examples.all({ suffix: 'active', where: { isActive: true } });
      expect(await statements.expect(1, active)).toHaveLength(2);
      expect(await statements.expect(1, () => examples.all())).toHaveLength(3);
      expect(await statements.expect(0, active)).toHaveLength(2);
      expect(await statements.expect(0, () => examples.all())).toHaveLength(3);
    });

    it('derives a suffix for a filter without one, so that the whole list stays whole', async () => {
      const { get, statements } = await app();
      const examples = get(fixtures.PlainExampleCacheManager);
      expect(await statements.expect(1, () => examples.all({ where: { isActive: false } }))).toHaveLength(1);
      expect(await statements.expect(1, () => examples.all())).toHaveLength(3);
      expect(await statements.expect(0, () => examples.all({ where: { isActive: false } }))).toHaveLength(1);
      expect(await statements.expect(1, () => examples.all({ where: { isActive: true } }))).toHaveLength(2);
    });

    it('throws NotFoundException when there is no row, null when asked to, and asks the database each time', async () => {
      const { get, statements } = await app();
      const examples = get(fixtures.PlainExampleCacheManager);
      await statements.expect(1, () => expect(examples.get(99)).rejects.toThrow(NotFoundException));
      expect(await statements.expect(1, () => examples.get(99, { raiseException: false }))).toBeNull();
      expect(await examples.get('none', { where: { title: 'none' }, raiseException: false })).toBeNull();
    });

    it.each([
      [fixtures.JoinedExampleCacheManager, 1, 1],
      [fixtures.PrefetchedExampleCacheManager, 4, 4],
      [fixtures.ExampleCacheManager, 2, 2],
      [fixtures.LeanListCacheManager, 1, 2],
    ])(
      'loads the relations of %o in as few queries as it says, and none on access',
      async (Manager, forList, forDetail) => {
        const { get, statements } = await app();
        const examples = get<BaseCacheManager<Example>>(Manager);
        for (const cost of [forList, 0]) {
          const list = (await statements.expect(cost, () => examples.all())).sort(byTitle);
          expect(list.map(({ user }) => user?.username)).toEqual(['ann', 'bob', undefined]);
        }
        for (const cost of [forDetail, 0]) {
          const one = await statements.expect(cost, () => examples.get(1));
          expect(one.user!.username).toBe('ann');
          if (one.user!.company !== undefined) expect(one.user!.company!.name).toBe('acme');
          if (one.users) expect(one.users.map(({ username }) => username).sort()).toEqual(['ann', 'bob']);
        }
      },
    );

    it('leaves prefetched relations out of the list when told to, and keeps them in the detail', async () => {
      const { get } = await app();
      const examples = get(fixtures.LeanListCacheManager);
      for (let i = 0; i < 2; i++) {
        for (const example of await examples.all()) expect(example.users).toBeUndefined();
        expect((await examples.get(3)).users).toHaveLength(1);
      }
    });

    it('gives empty to-many relations as [] and empty to-one relations as null', async () => {
      const { get } = await app();
      for (let i = 0; i < 2; i++) {
        const two = await get(fixtures.PrefetchedExampleCacheManager).get(2);
        expect(two.user).toBeNull();
        expect(two.users).toEqual([]);
      }
    });

    it('loads what it lacks of several rows with one query', async () => {
      const { get, statements } = await app();
      const examples = get(fixtures.PlainExampleCacheManager);
      await examples.get(2);
      const titles = (found: Example[]) => found.map(({ title }) => title);
      expect(titles(await statements.expect(1, () => examples.getMany([3, 2, 99, 1])))).toEqual([
        'three',
        'two',
        'one',
      ]);
      expect(titles(await statements.expect(0, () => examples.getMany([1, 3])))).toEqual(['one', 'three']);
      expect(await statements.expect(0, () => examples.getMany([]))).toEqual([]);
    });

    it('clears lists, details, or both', async () => {
      const { get, statements } = await app();
      const examples = get(fixtures.PlainExampleCacheManager);
      const suffixed = () => examples.all({ suffix: 'x', where: { isActive: true } });
      const warm = async () => [await examples.all(), await suffixed(), await examples.get(1), await examples.get(2)];
      const costs = async () => {
        const counts: number[] = [];
        for (const read of [() => examples.all(), suffixed, () => examples.get(1), () => examples.get(2)]) {
          counts.push((await statements.during<unknown>(read)).statements.length);
        }
        return counts;
      };
      await warm();
      expect(await costs()).toEqual([0, 0, 0, 0]);
      await examples.clearCacheList('x');
      expect(await costs()).toEqual([0, 1, 0, 0]);
      await examples.clearCacheList();
      expect(await costs()).toEqual([1, 1, 0, 0]);
      await examples.clearCacheDetail();
      expect(await costs()).toEqual([0, 0, 1, 1]);
      await examples.clearCache();
      expect(await costs()).toEqual([1, 1, 1, 1]);
      await examples.clearCacheDetail(1);
      expect((await costs()).slice(2)).toEqual([1, 0]);
    });

    it('clears every entry that shows a row, whatever identifier names it', async () => {
      const { get, statements } = await app();
      const users = get(fixtures.UserCacheManager);
      const bySlug = () => users.get('ann', { where: { username: 'ann' } });
      await users.get(1);
      await bySlug();
      await users.clearCacheDetail('ann');
      await statements.expect(2, () => users.get(1));
      await statements.expect(2, bySlug);
      await users.clearCacheDetail(1);
      await statements.expect(2, bySlug);
    });

    it('does not mix a suffix and an identifier that print the same key', async () => {
      const { get } = await app();
      const examples = get(fixtures.PlainExampleCacheManager);
      for (let i = 0; i < 2; i++) {
        expect(await examples.all({ suffix: '1' })).toHaveLength(3);
        expect((await examples.get(1)).title).toBe('one');
      }
    });

    it('does not serve one query the rows of another under the same suffix, and says so', async () => {
      const { get, events, settled } = await app();
      const examples = get(fixtures.PlainExampleCacheManager);
      expect(await examples.all({ suffix: 's', where: { isActive: true } })).toHaveLength(2);
      await settled();
      expect(await examples.all({ suffix: 's', where: { isActive: false } })).toHaveLength(1);
      expect(events.map(({ name }) => name)).toContain('entry:mismatched');
    });
  });

  it('prints the keys qscache prints', async () => {
    const { get } = await exampleApp(database, { options: { namespace: '' } });
    const examples = get(fixtures.ExampleCacheManager);
    expect(examples.getCacheKey()).toBe('example');
    expect(examples.getCacheKey('active')).toBe('example_active');
    expect(examples.getDetailCacheKey(1)).toBe('example_1');
  });

  it('throws the exception class of the manager', async () => {
    @Injectable()
    class SecretCacheManager extends BaseCacheManager<Example> {
      model = Example;
      cacheKey = 'secret';
      exceptionClass = ForbiddenException;
    }
    const { get } = await exampleApp(database, { managers: [SecretCacheManager] });
    await expect(get(SecretCacheManager).get(99)).rejects.toThrow(ForbiddenException);
  });

  it('forgets a list when its timeout is over', async () => {
    const { get, statements } = await exampleApp(database);
    const examples = get(fixtures.PlainExampleCacheManager);
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      await statements.expect(1, () => examples.all());
      vi.setSystemTime(Date.now() + 86_300_000);
      await statements.expect(0, () => examples.all());
      vi.setSystemTime(Date.now() + 200_000);
      await statements.expect(1, () => examples.all());
    } finally {
      vi.useRealTimers();
    }
  });
});
