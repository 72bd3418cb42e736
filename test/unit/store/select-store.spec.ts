import cluster from 'node:cluster';
import { CacheableMemory, createKeyv as createKeyvInMemory, KeyvCacheableMemory } from '@cacheable/memory';
import KeyvRedis, { createClient, createKeyv } from '@keyv/redis';
import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import { Test } from '@nestjs/testing';
import { type Cache, createCache, KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { createCache as createCache5, memoryStore, multiCaching } from 'cache-manager-5';
import { Cluster, Redis } from 'ioredis';
import Keyv from 'keyv';
import { Keyv as Keyv6 } from 'keyv-6';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { InvalidConfigurationError } from '../../../lib/errors.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';
import { selectStore, type StoreSelectionOptions } from '../../../lib/store/select-store.js';

const URL = 'redis://127.0.0.1:1';
const lazy = () => new Redis(URL, { lazyConnect: true });
const ioRedisYet = (client = lazy()) => new KeyvAdapter(redisInsStore(client) as never);

class KeyvPostgres {
  get = () => undefined;
  set = () => undefined;
  delete = () => false;
  clear = () => undefined;
}
class QuickLRU extends Map {}

class SharedStore extends MemoryStore {
  override readonly name = 'theirs' as never;
  override readonly reach = 'shared' as never;

  constructor() {
    super(createCache(), { budgetMs: 100 });
  }
}

function select(stores: unknown[], options: Partial<StoreSelectionOptions> = {}) {
  return selectStore({ cache: createCache({ stores: stores as Keyv[] }), budgetMs: 100, ...options });
}

const setWorker = (isWorker: boolean) => Object.assign(cluster, { isWorker });

describe('selectStore', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    setWorker(false);
  });

  it.each([
    ['cache-manager-ioredis-yet', () => new Keyv({ store: ioRedisYet() }), 'redis (ioredis)'],
    ['createKeyv()', () => createKeyv(URL), 'redis (node-redis)'],
    ['KeyvRedis', () => new Keyv(new KeyvRedis(URL)), 'redis (node-redis)'],
    ['Cacheable over Redis', () => ({ primary: new Keyv(), secondary: createKeyv(URL) }), 'redis (node-redis)'],
  ])('finds the Redis inside %s', (_, make, name) => {
    const { store, reach } = select([make()]);
    expect({ name: store.name, reach }).toEqual({ name, reach: 'shared' });
  });

  it.each([
    ['nothing', () => []],
    ['a Map', () => [new Keyv()]],
    ['an LRU map', () => [new Keyv({ store: new QuickLRU() })]],
    ['CacheableMemory', () => [new Keyv({ store: new CacheableMemory({ lruSize: 10 }) })]],
    ['KeyvCacheableMemory', () => [new Keyv({ store: new KeyvCacheableMemory({ lruSize: 10 }) })]],
    ['createKeyv() of @cacheable/memory', () => [createKeyvInMemory({ lruSize: 10 })]],
    ['Cacheable in memory', () => [{ primary: new Keyv({ store: new QuickLRU() }), secondary: undefined }]],
  ])('keeps clocks in this process over %s', (_, make) => {
    const { store, reach, warnings } = select(make());
    expect({ name: store.name, reach }).toEqual({ name: 'memory', reach: 'process' });
    expect(warnings.filter((text) => text.includes('neither Redis nor known'))).toEqual([]);
  });

  it('finds Redis in what CacheModule makes of an adapter', async () => {
    const module = CacheModule.register({ stores: [new KeyvRedis(URL)], namespace: 'app' });
    const app = await Test.createTestingModule({ imports: [module] }).compile();
    const { store, warnings } = selectStore({ cache: app.get<Cache>(CACHE_MANAGER), budgetMs: 100 });
    expect({ name: store.name, warnings }).toEqual({ name: 'redis (node-redis)', warnings: [] });
  });

  describe('with cache-manager 5', () => {
    const select5 = (cache: unknown) => selectStore({ cache: cache as Cache, budgetMs: 100 });

    it('finds the ioredis client of cache-manager-ioredis-yet', () => {
      const { store, reach, warnings } = select5(createCache5(redisInsStore(lazy()) as never));
      expect({ name: store.name, reach, warnings }).toEqual({ name: 'redis (ioredis)', reach: 'shared', warnings: [] });
    });

    it('knows its memory, which is bounded', () => {
      const { store, reach, warnings } = select5(createCache5(memoryStore()));
      expect({ name: store.name, reach, warnings }).toEqual({ name: 'memory', reach: 'process', warnings: [] });
    });

    it('warns of several stores, since multiCaching tells of none', () => {
      const { store, warnings } = select5(multiCaching([createCache5(memoryStore())]));
      expect(store.name).toBe('memory');
      expect(warnings).toEqual([
        expect.stringMatching(/a store without a name.*neither Redis.*forRoot\(\{ redis \}\)/),
      ]);
    });
  });

  describe('with a Keyv of keyv 6', () => {
    const wrapIsBroken = expect.stringMatching(/keyv 6.*wrap\(\).*Install keyv@5/) as string;

    it.each([
      ['by itself', () => new Keyv6({ store: new QuickLRU() })],
      [
        'within another, where CacheModule does not know it for one',
        () => new Keyv6({ store: new Keyv6({ store: new QuickLRU() }) }),
      ],
    ])('keeps clocks in this process, and says what becomes of wrap(): %s', (_, make) => {
      const { store, reach, warnings } = select([make()]);
      expect({ name: store.name, reach, warnings }).toEqual({
        name: 'memory',
        reach: 'process',
        warnings: [wrapIsBroken],
      });
    });

    it('knows a plain Map for one', () => {
      expect(select([new Keyv6()]).warnings).toEqual([expect.stringMatching(/plain Map/), wrapIsBroken]);
    });

    it('looks for no Redis in it, whose keys it spells otherwise', () => {
      const { warnings } = select([new Keyv6({ store: ioRedisYet() as never })]);
      expect(warnings).toEqual([expect.stringMatching(/neither Redis/), wrapIsBroken]);
    });
  });

  it('takes the first Redis of several stores, and says what it ignores', () => {
    const { store, warnings } = select([
      new Keyv({ store: new QuickLRU() }),
      createKeyv(URL),
      new Keyv({ store: ioRedisYet() }),
    ]);
    expect(store.name).toBe('redis (node-redis)');
    expect(warnings).toEqual([expect.stringMatching(/3 stores.*KeyvRedis only and ignores QuickLRU, KeyvAdapter/)]);
  });

  it('prefers a client it is given', () => {
    const cache = createCache({ stores: [createKeyv(URL)] });
    for (const [redis, name] of [
      [lazy(), 'redis (ioredis)'] as const,
      [createClient(), 'redis (node-redis)'] as const,
    ]) {
      const { store, reach, warnings } = selectStore({ cache, redis, budgetMs: 100 });
      expect({ name: store.name, reach, warnings }).toEqual({ name, reach: 'shared', warnings: [] });
    }
  });

  it('refuses a client it does not know', () => {
    expect(() => select([], { redis: {} as never })).toThrow(InvalidConfigurationError);
    expect(() => select([], { redis: {} as never })).toThrow(/neither an ioredis nor a node-redis client.*Give/);
  });

  it('rejects at once with a client that nobody connected', async () => {
    const { store } = select([], { redis: createClient(), budgetMs: 60_000 });
    await expect(store.read(['a'], [])).rejects.toThrow(/await client.connect\(\) first/);
    await expect(store.put('a', 'text', 1000)).rejects.toThrow(/await client.connect\(\) first/);
  });

  describe('warns', () => {
    const bounded = () => [new Keyv({ store: new QuickLRU() })];

    it('of nothing for one process with a bounded memory', () => {
      expect(select(bounded()).warnings).toEqual([]);
    });

    it('of a plain Map', () => {
      expect(select([new Keyv()]).warnings).toEqual([expect.stringMatching(/plain Map.*memory grows.*lruSize/)]);
    });

    it('of a store that may be shared', () => {
      const { warnings, reach } = select([new Keyv({ store: new KeyvPostgres() as never })]);
      expect(reach).toBe('process');
      expect(warnings).toEqual([expect.stringMatching(/KeyvPostgres.*another process is not heard here.*Put Redis/)]);
    });

    it.each([
      ['pm_id', /PM2/],
      ['NODE_APP_INSTANCE', /NODE_APP_INSTANCE/],
    ])('of siblings when %s is set, unless they share Redis', (variable, says) => {
      vi.stubEnv(variable, '0');
      expect(select(bounded()).warnings).toEqual([expect.stringMatching(says)]);
      expect(select([createKeyv(URL)]).warnings).toEqual([]);
    });

    it('of siblings in a worker of node:cluster', () => {
      setWorker(true);
      expect(select(bounded()).warnings).toEqual([expect.stringMatching(/worker of node:cluster.*Put Redis/)]);
    });
  });

  describe('where Redis is to tell what changes', () => {
    const tracking = { keys: '', failed: () => undefined };
    const cluster_ = () => new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true });
    const without = (client: object) => Object.defineProperty(client, 'duplicate', { value: undefined });

    it.each<[string, () => Partial<StoreSelectionOptions>]>([
      ['of one server', () => ({ redis: lazy() })],
      ['of one server that node-redis speaks to', () => ({ redis: createClient({ url: URL }) as never })],
      ['in memory', () => ({})],
    ])('says nothing over a store %s', (_, given) => {
      expect(select([new Keyv({ store: new QuickLRU() })], { ...given(), tracking }).warnings).toEqual([]);
    });

    it.each<[string, () => Partial<StoreSelectionOptions>, RegExp]>([
      ['a cluster', () => ({ redis: cluster_() }), /^redis \(ioredis cluster\) is asked at every read/],
      [
        'a client that cannot be duplicated',
        () => ({ redis: without(lazy()) as never }),
        /^redis \(ioredis\) is asked/,
      ],
      ['a store of somebody else', () => ({ store: new SharedStore() }), /^theirs is asked .*Leave tracking out/],
    ])('says once that it is asked all the same, and what to do, over %s', (_, given, says) => {
      expect(select([], given()).warnings).toEqual([]);
      expect(select([], { ...given(), tracking }).warnings).toEqual([expect.stringMatching(says)]);
    });
  });
});
