import { type DataSourceOptions, Equal, In, Or } from 'typeorm';
import { expect, it } from 'vitest';
import { ExampleCacheManager, PlainExampleCacheManager, UserCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';

describeDatabases('a query as nobody writes it by hand', (database) => {
  const titles = (found: readonly { title: string }[]) => found.map(({ title }) => title).sort();
  const setUp = async () => {
    const app = await exampleApp(database, { database: {} as DataSourceOptions });
    return { ...app, examples: app.get(PlainExampleCacheManager) };
  };

  it('is told apart by what it inherits', async () => {
    const { examples } = await setUp();
    const by = (title: string) => Object.assign(Object.create({ title }) as object, { id: In([1, 2]) });
    for (let i = 0; i < 2; i++) {
      expect(titles(await examples.all({ where: by('one') }))).toEqual(['one']);
      expect(titles(await examples.all({ where: by('two') }))).toEqual(['two']);
      expect((await examples.get('a', { where: by('one') })).id).toBe(1);
      expect((await examples.get('a', { where: by('two') })).id).toBe(2);
    }
    expect(titles(await examples.all().filter(by('two')))).toEqual(['two']);
  });

  it('that its author changes after the call fills no entry of another one', async () => {
    const { examples } = await setUp();
    class Filter {
      constructor(public title: string) {}
    }
    const filter = new Filter('one');
    // Asked at once: to await a set asks a turn later.
    const asked = examples.all({ where: filter }).then((found) => found.length);
    filter.title = 'two';
    await asked;
    for (let i = 0; i < 2; i++) expect(titles(await examples.all({ where: new Filter('one') }))).toEqual(['one']);
  });

  it('may be made of objects without a class', async () => {
    const { examples } = await setUp();
    const where = Object.assign(Object.create(Object.create(null) as object) as object, { id: 1 });
    expect(titles(await examples.all({ where }))).toEqual(['one']);
  });

  it('is another one where TypeORM reads the same operators otherwise', async () => {
    const { examples } = await setUp();
    const nested = { title: Or(Equal(In(['one', 'two']) as never)) };
    const alone = { title: Equal(In(['one', 'two']) as never) };
    const outcome = async (where: object) =>
      examples.all({ where }).then(titles, (error: unknown) => (error as Error).name);
    const found = async (where: object) =>
      examples
        .all()
        .filter(where)
        .then(titles, (error: unknown) => (error as Error).name);
    for (const where of [nested, alone, nested]) expect(await outcome(where)).toEqual(await found(where));
  });

  it('of no rows is one of no rows in the cache as well', async () => {
    const { examples } = await setUp();
    expect(await examples.all().limit(0).cache('none')).toEqual([]);
    expect(await examples.all().limit(0).cache('none').count()).toBe(0);
    expect(
      await examples
        .all()
        .filter({ user: { username: 'ann' } })
        .limit(0)
        .cache('none'),
    ).toEqual([]);
  });

  it('of no rows is one of no rows in its builder as well, whatever is joined', async () => {
    const { get } = await setUp();
    for (const manager of [get(PlainExampleCacheManager), get(ExampleCacheManager)]) {
      const builder = manager.all().filter({ isActive: true }).limit(0).createQueryBuilder('e');
      expect(await builder.getManyAndCount()).toEqual([[], 2]);
    }
  });

  it('by what a row has several of, and nobody loads, is no page', async () => {
    const { examples } = await setUp();
    const page = examples
      .all()
      .orderBy({ users: { username: 'DESC' }, id: 'ASC' } as never)
      .offset(1);
    await expect(Promise.resolve(page)).rejects.toThrow(/distinctAlias/);
  });

  it('by what a row has several of has each row at one place', async () => {
    const { get } = await setUp();
    for (const manager of [get(PlainExampleCacheManager), get(ExampleCacheManager)]) {
      const set = () => manager.all().orderBy({ id: 'ASC', users: { username: 'ASC' } });
      expect((await set()).map(({ id }) => id)).toEqual([1, 2, 3]);
      for (const [index, id] of [1, 2, 3, undefined].entries()) expect((await set().at(index))?.id).toBe(id);
      expect((await set().first())?.id).toBe(1);
    }
    const users = () =>
      get(UserCacheManager)
        .all()
        .orderBy({ company: { name: 'DESC' }, examples: { user: { id: 'ASC' } } });
    expect((await users().at(1))?.id).toBe((await users())[1]!.id);
  });
});
