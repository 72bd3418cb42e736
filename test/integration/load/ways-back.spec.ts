import { Injectable } from '@nestjs/common';
import {
  AfterLoad,
  Column,
  Entity,
  type EntitySubscriberInterface,
  EventSubscriber,
  ManyToOne,
  PrimaryColumn,
} from 'typeorm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { BaseCacheManager, CacheEvents, CircularReadError, QuerySet } from '../../../lib/index.js';
import { createTestApp, type StoreKind, type TestApp } from '../../support/test-app.js';
import { services } from '../../support/services.js';

const { redis } = services;

/** What runs when something is loaded, for each test its own. */
const heard: {
  onStep?: ((step: Step) => unknown) | undefined;
  onConstruct?: (() => void) | undefined;
  onTransform?: (() => void) | undefined;
  onSubscriber?: ((entity: object) => unknown) | undefined;
  onQuery?: ((query: string) => unknown) | undefined;
  scope?: (() => string | undefined) | undefined;
} = {};

@Entity()
class Step {
  @PrimaryColumn()
  id: number;

  @Column({ transformer: { to: (value: string) => value, from: (value: string) => (heard.onTransform?.(), value) } })
  name: string;

  @ManyToOne(() => Step, { nullable: true })
  next: Step | null;

  constructor() {
    heard.onConstruct?.();
  }

  @AfterLoad()
  load(): unknown {
    return heard.onStep?.(this);
  }
}

@EventSubscriber()
class Listener implements EntitySubscriberInterface {
  async afterLoad(entity: object): Promise<void> {
    await heard.onSubscriber?.(entity);
  }

  async beforeQuery({ query }: { query: string }): Promise<void> {
    await heard.onQuery?.(query);
  }
}

@Injectable()
class Steps extends BaseCacheManager<Step> {
  model = Step;
  relatedObjects = ['next'] as const;

  scope(): string | undefined {
    return heard.scope?.();
  }
}

@Injectable()
class OtherSteps extends BaseCacheManager<Step> {
  model = Step;
  cacheKey = 'other';
}

const stores: StoreKind[] = 'url' in redis ? ['memory', 'ioredis-yet', 'keyv-redis'] : ['memory'];

describe.each(stores)('a way back into a manager ends, on %s', (store) => {
  async function setUp(): Promise<TestApp & { steps: Steps; others: OtherSteps }> {
    for (const name of Object.keys(heard) as (keyof typeof heard)[]) heard[name] = undefined;
    const app = await createTestApp({
      database: {
        type: 'sqljs',
        entities: [Step],
        subscribers: [Listener],
        synchronize: true,
        entitySkipConstructor: false,
      },
      managers: [Steps, OtherSteps],
      store,
      ...('url' in redis && { redisUrl: redis.url }),
    });
    const { manager } = app.dataSource;
    await manager.insert(Step, { id: 3, name: 'three' });
    await manager.insert(Step, { id: 2, name: 'two', next: { id: 3 } });
    await manager.insert(Step, { id: 1, name: 'one', next: { id: 2 } });
    return { ...app, steps: app.get(Steps), others: app.get(OtherSteps) };
  }

  it('from an @AfterLoad that reads others of what is being read', async () => {
    const { steps } = await setUp();
    const seen: string[] = [];
    heard.onStep = async ({ id }) => {
      if (id < 3) seen.push((await steps.get(id + 1)).name);
    };
    for (let i = 0; i < 2; i++) {
      const found = await steps.getMany([1, 2, 3]);
      expect(found.map(({ name }) => name)).toEqual(['one', 'two', 'three']);
      expect(new Set(seen)).toEqual(new Set(['two', 'three']));
    }
    expect((await steps.all()).length).toBe(3);
    expect((await steps.get(1)).name).toBe('one');
  });

  it('from a subscriber that reads what is being read, once it is inside', async () => {
    const { steps } = await setUp();
    let isInside = false;
    const lengths: number[] = [];
    heard.onSubscriber = async () => {
      if (isInside) return;
      isInside = true;
      lengths.push((await steps.getMany([1, 2, 3])).length, (await steps.all()).length);
      isInside = false;
    };
    expect(await steps.getMany([1, 2, 3])).toHaveLength(3);
    expect(await steps.all()).toHaveLength(3);
    expect(lengths.length).toBeGreaterThan(0);
    expect(new Set(lengths)).toEqual(new Set([3]));
  });

  it.each<[string, (steps: Steps, others: OtherSteps) => PromiseLike<unknown>]>([
    ['a detail', (steps) => steps.get(1)],
    ['several', (steps) => steps.getMany([1, 2])],
    ['a list', (steps) => steps.all()],
    ['a refined list', (steps) => steps.all().filter({ id: 1 })],
    ['a list inside of another one', (steps, others) => Promise.all([steps.all(), others.all()])],
  ])('from an @AfterLoad that reads it again without a guard: %s', async (_, read) => {
    const { steps, others } = await setUp();
    // TypeORM waits for promises, not for whatever else can be awaited.
    heard.onStep = async () => void (await read(steps, others));
    const reason = await Promise.resolve(read(steps, others)).catch((error: unknown) => error);
    expect(reason).toBeInstanceOf(CircularReadError);
    expect((reason as Error).message).toMatch(/read from inside of its own reading.* > .*@AfterLoad/s);
    heard.onStep = undefined;
    expect((await steps.get(1)).name).toBe('one');
    expect(await steps.all()).toHaveLength(3);
  });

  it('from a subscriber that reads before each of its statements', async () => {
    const { steps, statements } = await setUp();
    let isInside = false;
    heard.onQuery = async (query) => {
      if (isInside || !query.startsWith('SELECT')) return;
      isInside = true;
      await steps.get(1);
      isInside = false;
    };
    const found = await statements.during(() => Promise.all([steps.get(1), steps.get(1)]));
    expect(found.result.map(({ name }) => name)).toEqual(['one', 'one']);
    heard.onQuery = (query) => (query.startsWith('SELECT') ? steps.get(2) : undefined);
    await expect(steps.get(2)).rejects.toThrow(CircularReadError);
  });

  it.each(['onConstruct', 'onTransform'] as const)('from what runs while an entity is made (%s)', async (place) => {
    const { steps } = await setUp();
    const errors: unknown[] = [];
    let count = 0;
    heard[place] = () => {
      count++;
      void steps.get(1).catch((error: unknown) => errors.push(error));
    };
    expect((await steps.get(1)).name).toBe('one');
    let before = -1;
    while (before !== count) {
      before = count;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    for (const error of errors) expect(error).toBeInstanceOf(CircularReadError);
  });

  it('from a listener for events, which is not told of what it does', async () => {
    const { steps, get, settled } = await setUp();
    const events: string[] = [];
    const own: Promise<unknown>[] = [];
    get(CacheEvents).on((event) => {
      if (!event.name.startsWith('entry:')) return;
      events.push(event.name);
      own.push(steps.get(1));
    });
    for (let i = 0; i < 2; i++) {
      await steps.get(2);
      // What is stored is told later: its reading must not outlive the test.
      await settled();
      await Promise.all(own);
    }
    expect(events.filter((name) => name === 'entry:hit').length).toBeLessThanOrEqual(1);
    expect(events.length).toBeLessThanOrEqual(3);
  });

  it('from scope() that lists what another manager has', async () => {
    const { steps, others } = await setUp();
    let set: QuerySet<Step> | undefined;
    heard.scope = () => {
      set = others.all();
      return 'tenant';
    };
    expect((await steps.get(1)).name).toBe('one');
    expect(await set).toHaveLength(3);
  });

  it('but what only looks like one goes on: fewer rows each time, a guard further down, one row asked for twice', async () => {
    const { others: steps } = await setUp();
    heard.onStep = async ({ id }) => {
      const below = [1, 2, 3].filter((each) => each < id);
      if (below.length) await steps.getMany(below);
    };
    expect(await steps.all()).toHaveLength(3);
    expect(await steps.getMany([3, 2, 1])).toHaveLength(3);
    let depth = 0;
    heard.onStep = async ({ id }) => {
      if (depth >= 6) return;
      depth++;
      await steps.get(id === 3 ? 1 : 3);
      depth--;
    };
    expect((await steps.get(3)).name).toBe('three');
    depth = 0;
    let isInside = false;
    heard.onStep = async ({ id }) => {
      if (isInside) return;
      isInside = true;
      await steps.get(id);
      isInside = false;
    };
    expect(await steps.getMany([1, 1])).toHaveLength(2);
  });

  it('nor does what requests share count against each other: a loader that collects for all of them', async () => {
    const { steps } = await setUp();
    let waiting: { id: number; resolve: (step: Step) => void; reject: (error: unknown) => void }[] = [];
    const load = (id: number) =>
      new Promise<Step>((resolve, reject) => {
        if (waiting.push({ id, resolve, reject }) > 1) return;
        setImmediate(() => {
          const batch = waiting;
          waiting = [];
          steps.getMany([...new Set(batch.map((each) => each.id))]).then(
            (found) => batch.forEach((each) => each.resolve(found.find((step) => step.id === each.id)!)),
            (error: unknown) => batch.forEach((each) => each.reject(error)),
          );
        });
      });
    heard.onStep = ({ id }) => (id < 3 ? load(id + 1) : undefined);
    const requests: Promise<Step>[] = [];
    for (let i = 0; i < 60; i++) {
      requests.push(load(1 + (i % 3)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await Promise.all(requests)).map(({ id }) => id)).toEqual(requests.map((_, i) => 1 + (i % 3)));
  });

  it('a schedule that a listener began may go on reading', async () => {
    const { steps } = await setUp();
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    let times = 0;
    const done = new Promise<void>((resolve, reject) => {
      heard.onStep = ({ id }) => {
        if (id !== 1 || ++times > 4) return;
        if (times === 4) return resolve();
        setImmediate(() => {
          vi.setSystemTime(Date.now() + 1_100);
          steps.get(1).catch(reject);
        });
      };
    });
    await steps.get(1);
    await done;
  });
});
