import { Injectable } from '@nestjs/common';
import { ILike, In, IsNull, Like, MoreThan, Not, Raw } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager, type QuerySet } from '../../../lib/index.js';
import { Company, Example, User } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager, managers, PlainExampleCacheManager, UserCacheManager } from '../../fixtures/managers.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';

const titles = (found: readonly Example[]) => found.map(({ title }) => title).sort();

@Injectable()
class ShownCacheManager extends BaseCacheManager<Example> {
  model = Example;
  cacheKey = 'shown';
  relatedObjects = ['users'] as const;
}

async function setUp(database: TestDatabase) {
  const app = await exampleApp(database, { managers: [...managers, ShownCacheManager] });
  const sql = (name: string) => app.dataSource.driver.escape(name);
  return { ...app, sql, examples: app.get(ExampleCacheManager), plain: app.get(PlainExampleCacheManager) };
}

describeDatabases('A refinement', (database) => {
  it('excludes those of which some related row matches, all conditions by one of them', async () => {
    const { examples, get } = await setUp(database);
    const all = examples.all();
    expect(titles(await all.exclude({ users: { username: 'ann' } }))).toEqual(['three', 'two']);
    expect(titles(await all.exclude({ users: { username: 'bob' } }))).toEqual(['two']);
    expect(titles(await all.exclude({ users: { username: 'bob', company: { name: 'acme' } } }))).toEqual([
      'one',
      'three',
      'two',
    ]);
    expect(titles(await all.exclude({ users: { id: IsNull() } }))).toEqual(['one', 'three']);
    expect(titles(await all.exclude({ user: { examples: { title: 'one' } } }))).toEqual(['three', 'two']);
    expect(titles(await all.exclude({ users: MoreThan(1) as never }))).toEqual(['three', 'two']);
    expect(titles(await all.exclude([{ users: { username: 'ann' } }, { title: 'two' }]))).toEqual(['three']);
    const users = get(UserCacheManager).all();
    expect((await users.exclude({ examples: { isActive: true } })).map(({ username }) => username)).toEqual([]);
    expect((await users.exclude({ examples: { title: 'one' } })).map(({ username }) => username)).toEqual(['bob']);
  });

  it('is about related rows of its own, where two filters are about one relation', async () => {
    const { examples } = await setUp(database);
    const both = examples
      .all()
      .filter({ users: { username: 'ann' } })
      .filter({ users: { username: 'bob' } });
    expect(titles(await both)).toEqual(['one']);
    expect(await examples.all().filter({ users: { username: Like('ann'), id: 2 } })).toEqual([]);
    expect(titles(await both.exclude({ users: { username: 'bob' } }))).toEqual([]);
  });

  it('leaves to the first filter on a joined relation which related rows are shown', async () => {
    const { get } = await setUp(database);
    const of = (username: string) => ({ users: { username } });
    const shown = async (set: QuerySet<Example>) =>
      (await set).flatMap(({ users }) => users).map(({ username }) => username);
    const all = get(ShownCacheManager).all();
    const [annFirst, bobFirst] = [all.filter(of('ann')).filter(of('bob')), all.filter(of('bob')).filter(of('ann'))];
    for (let i = 0; i < 2; i++) {
      expect(await shown(annFirst.cache())).toEqual(['ann']);
      expect(await shown(bobFirst.cache())).toEqual(['bob']);
      expect(await shown(all.exclude(of('ann')).filter(of('bob')).cache())).toEqual(['bob']);
      expect(
        await shown(
          all
            .filter({ title: 'one' })
            .filter([of('bob'), of('none')])
            .cache(),
        ),
      ).toEqual(['bob']);
    }
    expect((await shown(all.exclude({ title: 'three' }))).sort()).toEqual(['ann', 'bob']);
  });

  it('asks SQL of its own, the opposite of it, and any number of them that name a parameter alike', async () => {
    const { plain } = await setUp(database);
    const longer = (least: number) => ({ title: Raw((column) => `LENGTH(${column}) > :least`, { least }) });
    const all = plain.all();
    expect(titles(await all.exclude(longer(3)))).toEqual(['one', 'two']);
    expect(titles(await all.filter(longer(2)).filter(longer(3)))).toEqual(['three']);
    expect(titles(await all.filter(longer(2)).exclude(longer(3)).filter(longer(1)))).toEqual(['one', 'two']);
    const later = (least: number) => ({ id: Raw((column) => `${column} > :least`, { least }) });
    expect(titles(await all.filter(longer(3)).filter(later(0)))).toEqual(['three']);
    expect(await all.exclude(longer(2)).filter(longer(1)).filter({ title: 'one' })).toEqual([]);
    // What it says is unknown for none of them: NULL is not true.
    expect(await all.exclude({ title: Raw(() => 'NULL IS NULL') })).toEqual([]);
    expect(await all.exclude({ title: Raw(() => 'NULL') })).toHaveLength(3);
    expect(
      titles(await all.exclude({ user: { username: Raw((name) => `${name} = :least`, { least: 'ann' }) } })),
    ).toEqual(['three', 'two']);
    const builder = all.filter(longer(1)).exclude(longer(3)).createQueryBuilder('e');
    expect(titles(await builder.andWhere('e.title <> :other', { other: 'one' }).getMany())).toEqual(['two']);
  });

  it('shares no name of a parameter with casts of other filters, nor with what is added to its builder', async () => {
    const { plain } = await setUp(database);
    const type = database.name === 'postgres' ? 'text' : 'char';
    const named = { title: Raw((column) => `${column} <> :${type}`, { [type]: 'two' }) };
    const cast = {
      id: Raw((column) => (type === 'text' ? `(${column})::text = '1'` : `CAST(${column} AS char) = '1'`)),
    };
    const all = plain.all();
    expect(titles(await all.filter(named).filter(cast))).toEqual(['one']);
    expect(titles(await all.filter(cast).filter(named))).toEqual(['one']);
    expect(titles(await all.filter(named).exclude(cast))).toEqual(['three']);
    expect(titles(await all.exclude(cast).exclude(named))).toEqual(['two']);
    for (const set of [all.filter(named), all.filter({ id: MoreThan(0) }).filter(named)]) {
      const builder = set.createQueryBuilder('e').andWhere(`e.title <> :${type}`, { [type]: 'one' });
      expect(titles(await builder.getMany())).toEqual(['three']);
      expect(await builder.getCount()).toBe(1);
    }
  });

  it('goes with every way to ask', async () => {
    const { examples, dataSource } = await setUp(database);
    const lonely = () =>
      examples
        .all()
        .exclude({ users: { username: 'ann' } })
        .filter([{ id: 2 }, { user: { username: 'bob' } }]);
    const sorted = lonely().orderBy({ title: 'DESC' });
    expect(titles(await lonely())).toEqual(['three', 'two']);
    expect(await lonely().count()).toBe(2);
    expect(await lonely().exists()).toBe(true);
    expect(
      await lonely()
        .exclude({ id: In([2, 3]) })
        .exists(),
    ).toBe(false);
    expect((await sorted.first())?.title).toBe('two');
    expect((await sorted.at(1))?.title).toBe('three');
    expect(await sorted.at(2)).toBeNull();
    expect((await sorted.offset(1).limit(1)).map(({ title }) => title)).toEqual(['three']);
    expect(titles(await sorted.select({ title: true }))).toEqual(['three', 'two']);
    expect(
      (
        await examples
          .all()
          .exclude({ users: { username: 'ann' } })
          .orderBy({ user: { username: 'ASC' } })
          .limit(9)
      ).length,
    ).toBe(2);
    // Names of the query around it are its own.
    for (const alias of ['same', 'Same', 'itself', 'e', 'User'])
      expect(titles(await lonely().createQueryBuilder(alias).getMany())).toEqual(['three', 'two']);
    expect(await lonely().createQueryBuilder().getCount()).toBe(2);
    await dataSource.transaction(async (manager) => {
      await manager.update(User, { username: 'ann' }, { username: 'amy' });
      expect(
        titles(
          await examples
            .using(manager)
            .all()
            .exclude({ users: { username: 'amy' } }),
        ),
      ).toEqual(['three', 'two']);
      expect(
        await examples
          .using(manager)
          .all()
          .exclude({ users: { username: 'ann' } })
          .count(),
      ).toBe(3);
    });
  });

  it('may be one of many: forty words, each searched for in two columns, of related rows as well', async () => {
    const { plain, statements, settled } = await setUp(database);
    const words = Array.from({ length: 40 }, (_, i) => ['%e%', '%n%', '%o%'][i % 3]!);
    const search = (count: number) =>
      words
        .slice(0, count)
        .reduce((set, word) => set.filter([{ title: ILike(word) }, { user: { username: ILike(word) } }]), plain.all());
    const own = words.reduce((set, word) => set.filter([{ title: ILike(word) }, { title: Like(word) }]), plain.all());
    expect(titles(await own)).toEqual(['one']);
    expect(titles(await search(40))).toEqual(['one']);
    expect(await search(40).count()).toBe(1);
    expect(titles(await search(40).orderBy({ id: 'ASC' }).limit(1))).toEqual(['one']);
    const [some, more] = [20, 40].map((count) => search(count).createQueryBuilder().getQuery().length);
    expect(more! / some!).toBeLessThan(2.1);
    expect(titles(await search(40).cache('words'))).toEqual(['one']);
    await settled();
    expect(titles(await statements.expect(0, () => search(40).cache('words')))).toEqual(['one']);
  });

  it('may be one of thousands', async () => {
    const { plain } = await setUp(database);
    const ids = Array.from({ length: 3_000 }, (_, i) => i);
    const set = ids.reduce((narrower, i) => narrower.filter({ id: MoreThan(-i) }), plain.all());
    expect(await set).toHaveLength(3);
    expect(titles(await ids.slice(4).reduce((rest, id) => rest.exclude({ id }), set.exclude({ id: 1 })))).toEqual([
      'three',
      'two',
    ]);
  });
});

describeDatabases('A cached refinement', (database) => {
  const named = (username: string) => ({ users: { username } });
  const ofCompany = { user: [{ company: { name: 'acme' } }, { company: { name: 'none' } }] };
  const sets: [string, (all: QuerySet<Example>) => QuerySet<Example>][] = [
    ['exclude() of many', (all) => all.exclude(named('ann'))],
    ['exclude() of how many', (all) => all.exclude({ users: MoreThan(1) as never })],
    ['a second filter() of many', (all) => all.filter(named('bob')).filter(named('ann'))],
    ['exclude() of one', (all) => all.exclude({ user: { company: { name: 'acme' } } })],
    ['exclude() of alternatives', (all) => all.exclude(ofCompany)],
    ['a second filter() of alternatives', (all) => all.filter({ isActive: true }).filter([ofCompany, { id: 99 }])],
    ['exclude() of Raw', (all) => all.exclude({ title: Raw((title) => `${title} = :title`, { title: 'one' }) })],
    ['exclude() of nothing', (all) => all.exclude({})],
    ['filter() of some rows, exclude() of others', (all) => all.filter(named('bob')).exclude(named('ann'))],
    ['the same the other way round', (all) => all.filter(named('ann')).exclude(named('bob'))],
  ];

  it('has an entry of its own, which equal ones share', async () => {
    const { plain, statements, settled } = await setUp(database);
    for (const [name, refine] of sets) {
      const expected = titles(await refine(plain.all()));
      expect([name, titles(await statements.expect(1, () => refine(plain.all()).cache()))]).toEqual([name, expected]);
      await settled();
      expect([name, titles(await statements.expect(0, () => refine(plain.all()).cache()))]).toEqual([name, expected]);
    }
    const [one, two, three] = [{ id: MoreThan(1) }, { title: Not('one') }, [{ isActive: true }, { title: 'two' }]];
    await plain.all().filter(one).filter(two).filter(three).exclude(one).exclude(two).cache();
    await settled();
    const same = plain.all().exclude(two).filter(three).filter(two).filter(one).exclude(one).filter(one);
    await statements.expect(0, () => same.cache());
  });

  /** Every table that a refinement mentions, by every way to write to it. */
  const writes: [string, (app: Awaited<ReturnType<typeof setUp>>) => Promise<unknown>][] = [
    ['a related row', ({ dataSource }) => dataSource.manager.update(User, { username: 'ann' }, { username: 'amy' })],
    [
      'SQL',
      ({ dataSource, sql }) => dataSource.query(`UPDATE ${sql('user')} SET username = 'amy' WHERE username = 'ann'`),
    ],
    ['the table between', ({ dataSource }) => dataSource.createQueryBuilder().relation(Example, 'users').of(3).add(1)],
    [
      'a transaction',
      ({ dataSource }) =>
        dataSource.transaction(async (manager) => {
          await manager.save(Example, { id: 1, users: [{ id: 2 }] });
        }),
    ],
    ['the row itself', ({ dataSource }) => dataSource.manager.update(Example, 1, { title: 'uno' })],
    ['a row two relations away', ({ dataSource }) => dataSource.manager.update(Company, 1, { name: 'none of these' })],
    ['a row deleted', ({ dataSource }) => dataSource.manager.delete(Example, { title: 'three' })],
  ];

  it.each(writes)('is stale after a write of %s', async (_, write) => {
    const app = await setUp(database);
    for (const [, refine] of sets) await refine(app.plain.all()).cache();
    await app.settled();
    await write(app);
    for (const [name, refine] of sets) {
      const now = titles(await refine(app.plain.all()));
      expect([name, titles(await refine(app.plain.all()).cache())]).toEqual([name, now]);
    }
  });

  it('is stored by its first load: every table it mentions is known beforehand', async () => {
    const app = await setUp(database);
    for (const [name, refine] of sets) await refine(app.plain.all()).cache(name);
    await app.settled();
    expect(app.events.filter((event) => event.name === 'entry:skipped')).toEqual([]);
  });
});
