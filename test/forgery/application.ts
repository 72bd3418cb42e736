import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { Cache } from 'cache-manager';
import type { DataSource } from 'typeorm';
import { BaseCacheManager, CacheEvents, QsCacheModule, type QsCacheOptions } from '../../lib/index.js';
import { QsCacheCore } from '../../lib/qs-cache.core.js';
import { Label, Maker, Thing, Tool } from './entities.js';

@Injectable()
class Things extends BaseCacheManager<Thing> {
  model = Thing;
  override relatedObjects = ['maker'] as const;
  override prefetchRelatedObjects = ['labels', 'labels.like'] as const;
}

@Injectable()
class Makers extends BaseCacheManager<Maker> {
  model = Maker;
  override prefetchRelatedObjects = ['things'] as const;
}

/** A read whose answer never changes, and the clearing of what it may have left. */
export interface Read {
  readonly name: string;
  run(): PromiseLike<unknown>;
  clear(): Promise<void>;
}

export interface Application {
  readonly cache: Cache;
  readonly reads: readonly Read[];
  readonly filled: Set<string>;
  /** How many entries were served. */
  readonly hits: number;
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Rows that nobody writes, read in every way there is; entries are in a Map, where they can be forged. */
export async function openApplication(options: QsCacheOptions = {}): Promise<Application> {
  const module = await Test.createTestingModule({
    imports: [
      CacheModule.register(),
      TypeOrmModule.forRoot({ type: 'sqljs', entities: [Thing, Tool, Maker, Label], synchronize: true }),
      // What it has in hand it would not look for in the text.
      QsCacheModule.forRoot({ budgetMs: 5_000, nearCache: { maxBytes: 0 }, ...options }),
      QsCacheModule.forFeature([Things, Makers]),
    ],
  })
    .setLogger({ log: () => undefined, warn: () => undefined, error: () => undefined })
    .compile();
  await module.init();
  await fill(module.get<DataSource>(getDataSourceToken()));
  const filled = new Set<string>();
  let hits = 0;
  module.get(CacheEvents).on((event) => {
    if (event.name === 'entry:filled') filled.add(event.key);
    if (event.name === 'entry:hit') hits++;
  });
  const [things, makers] = [module.get(Things), module.get(Makers)];
  const clearThings = () => things.clearCacheDetail(1);
  const read = (name: string, run: Read['run'], clear: Read['clear'] = clearThings): Read => ({ name, run, clear });
  return {
    cache: module.get<Cache>(CACHE_MANAGER),
    reads: [
      read('get', () => things.get(1)),
      read('get of a child', () => things.get(2)),
      read(
        'get by a filter',
        () => things.get('first', { where: { id: 1 } }),
        () => things.clearCacheDetail('first'),
      ),
      read('getMany', () => things.getMany([1, 2, 3, 4])),
      read(
        'all',
        () => things.all(),
        () => things.clearCacheList(),
      ),
      read('a list of some', () => things.all().filter({ ratio: 0.5 }).orderBy({ id: 'DESC' }).cache('some')),
      read(
        'all makers',
        () => makers.all(),
        () => makers.clearCache(),
      ),
      read(
        'a maker',
        () => makers.get(1),
        () => makers.clearCacheDetail(1),
      ),
    ],
    filled,
    get hits() {
      return hits;
    },
    settled: () => module.get(QsCacheCore).readThrough.settled(),
    close: () => module.close(),
  };
}

async function fill({ manager }: DataSource): Promise<void> {
  const labels = ['a', 'b', 'c'].map((text) => manager.create(Label, { text }));
  await manager.save(labels);
  const named = () => labels.map(({ text }) => ({ text }) as Label);
  for (const label of labels) label.like = named();
  await manager.save(labels);
  const maker = await manager.save(manager.create(Maker, { id: 1, name: 'Ann' }));
  const values = [
    { at: new Date(0), bytes: Buffer.from('one'), data: { list: [1, { $: ['date', 0] }] }, maker },
    { at: null, bytes: null, data: ['x', null], maker, use: 'to mend' },
    { at: new Date(1e12), bytes: Buffer.alloc(40), data: 'text', maker: null },
    { at: null, bytes: null, data: null, maker, use: null },
  ];
  for (const [i, each] of values.entries()) {
    const more = {
      id: i + 1,
      count: BigInt(10) ** BigInt(i),
      ratio: i / 2,
      size: { width: i, unit: [i] },
      labels: named(),
    };
    await manager.save(manager.create('use' in each ? Tool : Thing, { ...more, ...each } as object));
  }
}
