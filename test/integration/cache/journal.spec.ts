import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { type DataSourceOptions, Raw } from 'typeorm';
import { expect, it, onTestFinished } from 'vitest';
import { BaseCacheManager, type CacheEventOf, type QsCacheOptions } from '../../../lib/index.js';
import { JOURNAL_LENGTH } from '../../../lib/store/cache-store.js';
import { Article, Author, Category, journalEntities, Remark, Tag } from '../../fixtures/entities/journal.entities.js';
import { describeDatabases } from '../../support/databases.js';
import { describeWith } from '../../support/services.js';
import { createTestApp, NOTHING_KEPT, type TestApp } from '../../support/test-app.js';

@Injectable()
class Articles extends BaseCacheManager<Article> {
  model = Article;
  override relatedObjects = ['author'] as const;
  override prefetchRelatedObjects = ['remarks', 'tags'] as const;
  override usePrefetchRelatedForList = false;
}

const managers = [Articles];

async function fill({ dataSource: { manager } }: TestApp): Promise<void> {
  await manager.insert(Category, { name: 'news' });
  await manager.insert(Author, [{ name: 'ann' }, { name: 'bob' }, { name: 'eve' }]);
  await manager.insert(Tag, [{ name: 'red' }, { name: 'blue' }]);
  const article = (shelf: number, score: number, author: number) => ({
    title: `of ${shelf}`,
    shelf,
    score,
    author: { id: author },
  });
  // Ids 1 to 6: three on shelf 1, of scores 30, 20, 10; three on shelf 2.
  await manager.insert(Article, [
    article(1, 30, 1),
    article(1, 20, 1),
    article(1, 10, 2),
    article(2, 3, 2),
    article(2, 2, 2),
    article(2, 1, 2),
  ]);
  await manager.insert(
    Remark,
    [1, 2, 4].map((id) => ({ text: `on ${id}`, article: { id } })),
  );
  for (const [article, tag] of [
    [1, 1],
    [4, 2],
  ] as const)
    await manager.createQueryBuilder().relation(Article, 'tags').of(article).add(tag);
}

type Read = (app: TestApp) => () => PromiseLike<unknown>;
type Write = (app: TestApp) => Promise<unknown>;

const shelf: Read = (app) => () => app.get(Articles).all({ where: { shelf: 1 } });
const top: Read = (app) => () =>
  app.get(Articles).all().filter({ shelf: 1 }).orderBy({ score: 'DESC' }).limit(2).cache();
const second: Read = (app) => () =>
  app.get(Articles).all().filter({ shelf: 1 }).orderBy({ score: 'DESC' }).limit(1).offset(1).cache();
const found: Read = (app) => () =>
  app
    .get(Articles)
    .all()
    .filter({ remarks: { likes: 5 } })
    .orderBy({ id: 'ASC' })
    .cache();
const raw: Read = (app) => () =>
  app
    .get(Articles)
    .all()
    .filter({ score: Raw((column) => `${column} < shelf`) })
    .cache();
const either: Read = (app) => () =>
  app
    .get(Articles)
    .all()
    .filter([{ shelf: 9 }, { author: { name: 'eve' } }])
    .cache();
const first: Read = (app) => () => app.get(Articles).get(1);

describeDatabases('What is cached', (database) => {
  async function open(
    options: DataSourceOptions,
    redisUrl?: string,
    namespace: string = randomUUID(),
    more: QsCacheOptions = {},
    synchronize = true,
  ) {
    const app = await createTestApp({
      database: { ...options, entities: journalEntities, synchronize } as DataSourceOptions,
      managers,
      ...(redisUrl !== undefined && { store: 'ioredis-yet', redisUrl }),
      options: { namespace, ...more },
    });
    return app;
  }

  const HARMLESS: [string, Read, Write][] = [
    [
      'a list: a column nobody shows',
      shelf,
      // With an UPDATE the entity's date of it is another one, in MariaDB by any.
      ({ dataSource }) =>
        dataSource.query('UPDATE author SET lastSeen = 7'.replace('lastSeen', dataSource.driver.escape('lastSeen'))),
    ],
    [
      'a list: a hidden column of a row it joins',
      shelf,
      ({ dataSource }) => dataSource.manager.update(Author, 1, { lastSeen: 9 }),
    ],
    [
      'a list: a row it joins to nothing',
      shelf,
      ({ dataSource }) => dataSource.manager.update(Author, 3, { name: 'eva' }),
    ],
    [
      'a list: a row of another shelf',
      shelf,
      ({ dataSource }) => dataSource.manager.update(Article, 4, { title: 'changed' }),
    ],
    [
      'a list: a new row of another shelf',
      shelf,
      ({ dataSource }) => dataSource.manager.insert(Article, { title: 'new', shelf: 2, author: { id: 1 } }),
    ],
    [
      'a list: rows of another shelf that go',
      shelf,
      ({ dataSource }) => dataSource.manager.delete(Article, { shelf: 2 }),
    ],
    [
      'a part of a list: a row behind it',
      top,
      ({ dataSource }) => dataSource.manager.update(Article, 3, { score: 15 }),
    ],
    ['a part of a list: a row behind it that goes', top, ({ dataSource }) => dataSource.manager.delete(Article, 3)],
    [
      'a part of a list: a new row behind it',
      top,
      ({ dataSource }) => dataSource.manager.insert(Article, { title: 'new', shelf: 1, score: 1 }),
    ],
    [
      'a detail: a remark on another row',
      first,
      ({ dataSource }) => dataSource.manager.save(Remark, { text: 'new', article: { id: 2 }, author: null }),
    ],
    [
      'a detail: a remark that moves between others',
      first,
      ({ dataSource }) => dataSource.manager.update(Remark, 2, { article: { id: 4 } }),
    ],
    [
      'a detail: a tag of another row',
      first,
      ({ dataSource }) => dataSource.manager.createQueryBuilder().relation(Article, 'tags').of(2).add(2),
    ],
    [
      'a detail: the name of a tag it has not',
      first,
      ({ dataSource }) => dataSource.manager.update(Tag, 2, { name: 'green' }),
    ],
    [
      'a detail: a hidden column of its author',
      first,
      ({ dataSource }) => dataSource.manager.increment(Author, { id: 1 }, 'lastSeen', 1),
    ],
    [
      'several: writes of one transaction',
      shelf,
      ({ dataSource }) =>
        dataSource.transaction(async (manager) => {
          await manager.update(Article, 4, { title: 'changed' });
          await manager.delete(Article, 5);
          await manager.update(Author, 1, { lastSeen: 3 });
        }),
    ],
  ];

  it.each(HARMLESS)('stays: %s', async (_, readOf, write) => {
    const app = await open(await database.options());
    await fill(app);
    const read = readOf(app);
    const before = JSON.stringify(await read());
    await app.settled();
    await write(app);
    const from = app.events.length;
    await app.statements.expect(0, async () => expect(JSON.stringify(await read())).toBe(before));
    expect(app.events.slice(from).map(({ name }) => name)).toEqual(['entry:hit']);
  });

  const EFFECTS: [string, Read, Write, Partial<NonNullable<CacheEventOf<'entry:missed'>['because']>>][] = [
    [
      'a row it shows',
      shelf,
      ({ dataSource }) => dataSource.manager.update(Article, 2, { title: 'changed' }),
      { action: 'update' },
    ],
    [
      'a row that moves in',
      shelf,
      ({ dataSource }) => dataSource.manager.update(Article, 4, { shelf: 1 }),
      { action: 'update' },
    ],
    [
      'a new row',
      shelf,
      ({ dataSource }) => dataSource.manager.insert(Article, { title: 'new', shelf: 1 }),
      { action: 'insert', columns: [] },
    ],
    ['a row that goes', shelf, ({ dataSource }) => dataSource.manager.delete(Article, { id: 3 }), { action: 'delete' }],
    [
      'the author of a row',
      shelf,
      ({ dataSource }) => dataSource.manager.update(Author, 1, { name: 'anna' }),
      { action: 'update', columns: ['name'] },
    ],
    [
      'an author who goes',
      shelf,
      ({ dataSource }) => dataSource.manager.softDelete(Author, 1),
      { action: 'update', columns: ['deletedAt'] },
    ],
    [
      'a row that passes others',
      top,
      ({ dataSource }) => dataSource.manager.update(Article, 3, { score: 25 }),
      { action: 'update' },
    ],
    [
      'a row before a later part',
      second,
      ({ dataSource }) => dataSource.manager.insert(Article, { title: 'new', shelf: 1, score: 99 }),
      { action: 'insert' },
    ],
    [
      'a remark on it',
      first,
      ({ dataSource }) => dataSource.manager.save(Remark, { text: 'new', article: { id: 1 }, author: null }),
      { action: 'insert' },
    ],
    [
      'a remark that moves to it',
      first,
      ({ dataSource }) => dataSource.manager.update(Remark, 2, { article: { id: 1 } }),
      { action: 'update' },
    ],
    [
      'a tag of it',
      first,
      ({ dataSource }) => dataSource.manager.createQueryBuilder().relation(Article, 'tags').of(1).add(2),
      { action: 'insert' },
    ],
    [
      'a tag it loses',
      first,
      ({ dataSource }) => dataSource.manager.createQueryBuilder().relation(Article, 'tags').of(1).remove(1),
      { action: 'delete' },
    ],
    [
      'a remark by which another row is found',
      found,
      ({ dataSource }) => dataSource.manager.update(Remark, { id: 3 }, { likes: 5 }),
      {},
    ],
    [
      'a row of which SQL of its own asks',
      raw,
      ({ dataSource }) => dataSource.manager.update(Article, 1, { shelf: 99 }),
      {},
    ],
    [
      'an author who comes to be asked for',
      either,
      ({ dataSource }) => dataSource.manager.update(Author, 2, { name: 'eve' }),
      { action: 'update', columns: ['name'] },
    ],
    [
      'a row that is given to an author who is asked for',
      either,
      ({ dataSource }) => dataSource.manager.update(Article, 1, { author: { id: 3 } }),
      { action: 'update' },
    ],
  ];

  it.each(EFFECTS)('goes, and says why: %s', async (_, readOf, write, because) => {
    const app = await open(await database.options());
    await fill(app);
    const read = readOf(app);
    const before = JSON.stringify(await read());
    await app.settled();
    await write(app);
    const from = app.events.length;
    expect(JSON.stringify(await read())).not.toBe(before);
    const missed = app.events.slice(from).find(({ name }) => name === 'entry:missed') as CacheEventOf<'entry:missed'>;
    const columns = because.columns?.map((column) => (database.name === 'postgres' ? column : column.toLowerCase()));
    const told = because.action && { ...because, ...(columns && { columns }), agoMs: expect.any(Number) as number };
    expect(missed).toMatchObject({ reason: 'stale', because: told ?? { table: expect.any(String) as string } });
  });

  /** What nobody says of a row, and was seen of it: which shelf it is on, by a list of that shelf or by the row itself. */
  const SEEN: [string, Read, Read, readonly Write[]][] = [
    [
      'a part of a list: a row of another shelf that is first now',
      top,
      (app) => () =>
        app
          .get(Articles)
          .all({ where: { shelf: 2 } })
          .cache('two'),
      [({ dataSource }) => dataSource.manager.update(Article, 4, { score: 99 })],
    ],
    [
      'a part of a list: a row of another shelf, seen by itself',
      top,
      (app) => () => app.get(Articles).get(4),
      [({ dataSource }) => dataSource.manager.update(Article, 4, { score: 99 })],
    ],
    [
      'a part of a list: a row that comes to its shelf behind it',
      top,
      (app) => () => app.get(Articles).get(4),
      [({ dataSource }) => dataSource.manager.update(Article, 4, { shelf: 1 })],
    ],
    [
      'a later part of a list: a row of another shelf that goes, and one that moves on',
      second,
      (app) => () => app.get(Articles).getMany([4, 5]),
      [
        ({ dataSource }) => dataSource.manager.delete(Article, 4),
        ({ dataSource }) => dataSource.manager.update(Article, 5, { shelf: 3 }),
      ],
    ],
  ];

  it.each(SEEN)('stays where it was seen before: %s', async (_, readOf, sightingOf, writes) => {
    const app = await open(await database.options());
    await fill(app);
    const read = readOf(app);
    // Columns are looked at once somebody is known to ask for them.
    const before = JSON.stringify(await read());
    await app.settled();
    await sightingOf(app)();
    await app.settled();
    for (const write of writes) await write(app);
    await app.statements.expect(0, async () => expect(JSON.stringify(await read())).toBe(before));
  });

  it.each<[string, Read, (app: TestApp) => PromiseLike<unknown>, readonly Write[]]>([
    ['by nobody', top, async () => {}, [({ dataSource }) => dataSource.manager.update(Article, 4, { score: 99 })]],
    [
      'elsewhere than it is by now',
      top,
      (app) => app.get(Articles).get(4),
      [
        ({ dataSource }) => dataSource.manager.update(Article, 4, { shelf: 1 }),
        ({ dataSource }) => dataSource.manager.update(Article, 4, { score: 99 }),
      ],
    ],
    [
      'before another one took its key',
      top,
      (app) => app.get(Articles).get(4),
      [
        async ({ dataSource }) => {
          await dataSource.manager.delete(Remark, { article: { id: 4 } });
          await dataSource.manager.delete(Article, 4);
        },
        ({ dataSource }) =>
          dataSource.manager.insert(Article, { id: 4, title: 'new', shelf: 1, score: 1, author: { id: 1 } }),
        ({ dataSource }) => dataSource.manager.update(Article, 4, { score: 99 }),
      ],
    ],
    [
      'before somebody nobody understands may have moved it',
      top,
      (app) => app.get(Articles).get(4),
      [
        ({ dataSource }) => {
          // Nor does it name the table.
          const moves = ["'UPDATE arti'", "'cle SET shelf = 1 WHERE id = 4'"] as const;
          if (database.name === 'postgres') {
            // On a connection of its own: what is written on the same one afterwards counts as unknown, too.
            const runner = dataSource.createQueryRunner();
            onTestFinished(() => runner.release());
            return runner.query(`DO $$ BEGIN EXECUTE ${moves.join(' || ')}; END $$`);
          }
          if (database.name === 'mariadb') return dataSource.query(`EXECUTE IMMEDIATE CONCAT(${moves.join(', ')})`);
          return dataSource.manager.update(Article, 4, { shelf: 1 });
        },
        ({ dataSource }) => dataSource.manager.update(Article, 4, { score: 99 }),
      ],
    ],
    [
      'before any row may have moved',
      top,
      (app) => app.get(Articles).get(4),
      [
        ({ dataSource }) => dataSource.manager.update(Article, { title: 'of 2' }, { shelf: 1 }),
        ({ dataSource }) => dataSource.manager.update(Article, 4, { score: 99 }),
      ],
    ],
  ])('goes where a row was seen %s', async (_, readOf, sighting, writes) => {
    const app = await open(await database.options());
    await fill(app);
    const read = readOf(app);
    await read();
    await app.settled();
    await sighting(app);
    await app.settled();
    for (const write of writes) {
      await write(app);
      const found = await read();
      await app.settled();
      expect(found).toEqual(await app.get(Articles).all().filter({ shelf: 1 }).orderBy({ score: 'DESC' }).limit(2));
    }
  });

  it('goes by a statement nobody can place, which has no name', async () => {
    const app = await open(await database.options());
    await fill(app);
    const read = shelf(app);
    await read();
    await app.settled();
    await app.dataSource.query('INSERT INTO article (title, shelf) SELECT title, 5 FROM article');
    const from = app.events.length;
    await app.statements.expect(1, read);
    expect(app.events[from]).toMatchObject({ name: 'entry:missed', reason: 'stale' });
    expect(app.events[from]).not.toHaveProperty('because.action');
  });

  // Of one in memory every process has its own.
  if (database.name === 'sqljs') return;

  describeWith('redis', 'by several processes over Redis', (redisUrl) => {
    /** Two processes of one application. */
    async function pair(more?: QsCacheOptions) {
      const options = await database.options();
      const namespace = randomUUID();
      const one = await open(options, redisUrl, namespace, more);
      await fill(one);
      const other = await open(options, redisUrl, namespace, more, false);
      const again = () => open(options, redisUrl, namespace, more, false);
      const redis = new Redis(redisUrl);
      onTestFinished(() => redis.disconnect());
      return { one, other, again, redis };
    }
    const seen: Write = ({ dataSource }) => dataSource.manager.increment(Author, { id: 1 }, 'lastSeen', 1);

    it.each<[string, QsCacheOptions]>([
      ['kept in each', {}],
      ['kept nowhere else', NOTHING_KEPT],
      ['signed', { secret: 'a secret of thirty-two characters' }],
    ])('stays though others write, and is dated anew for who comes later (%s)', async (_, more) => {
      const { one, other, again } = await pair(more);
      const before = JSON.stringify(await shelf(one)());
      await one.settled();
      // More than a journal remembers, with a reader who follows.
      for (let i = 0; i < JOURNAL_LENGTH + 40; i++) {
        await seen(other);
        if (i % 20 === 0)
          await one.statements.expect(0, async () => expect(JSON.stringify(await shelf(one)())).toBe(before));
      }
      await one.statements.expect(0, shelf(one));
      await one.settled();
      const late = await again();
      await late.statements.expect(0, async () => expect(JSON.stringify(await shelf(late)())).toBe(before));
    });

    it.each<[string, QsCacheOptions, boolean]>([
      ['by numbers as they are, texts by what tells them apart, nothing that is shown to nobody', {}, true],
      [
        'by keys alone where what is stored is encrypted',
        { secret: 'a secret of thirty-two characters', encrypt: true },
        false,
      ],
    ])('is told of %s', async (_, more, isShown) => {
      const { one, redis } = await pair(more);
      await shelf(one)();
      await one.settled();
      await one.dataSource.manager.insert(Article, {
        title: 'topsecret',
        score: 4711,
        shelf: 2,
        views: 8899,
        author: { id: 3 },
      });
      const keys = await redis.keys(`qscache:journal:*${String(one.dataSource.options.database)}*.article*`);
      const told = (await Promise.all(keys.map((key) => redis.lrange(key, 0, -1)))).flat().join('\n');
      expect(told).toMatch(/"authorid":"i:3"/i);
      expect(told.includes('i:4711')).toBe(isShown);
      expect(told).not.toMatch(/topsecret|8899/);
    });

    it('goes where nobody has followed for longer than a journal remembers', async () => {
      const { one, other } = await pair();
      await shelf(one)();
      await one.settled();
      for (let i = 0; i < JOURNAL_LENGTH + 1; i++) await seen(other);
      const from = one.events.length;
      await one.statements.expect(1, shelf(one));
      expect(one.events[from]).toMatchObject({ name: 'entry:missed', reason: 'stale' });
    });

    it('goes where its journal is lost', async () => {
      const { one, other, redis } = await pair();
      await shelf(one)();
      await one.settled();
      await seen(other);
      const journals = await redis.keys(
        `qscache:journal:*${(one.dataSource.options as { database?: string }).database ?? ''}*`,
      );
      expect(journals.length).toBeGreaterThan(0);
      await redis.unlink(journals);
      await one.statements.expect(1, shelf(one));
    });
  });
});
