import { deepStrictEqual as same, ok, rejects, strictEqual as equal } from 'node:assert';
import { Example } from '../model/example.entity.js';
import { User } from '../model/user.entity.js';
import type { Application } from './application.js';

export type Facts = Readonly<Record<string, (app: Application) => Promise<void>>>;

/** What holds for one application, whatever its store. */
export const facts: Facts = {
  'the list costs 2 queries, then none, and equals find': async (app) => {
    await app.seed();
    const first = await app.counted(() => app.examples.all());
    const second = await app.counted(() => app.examples.all());
    const found = await app.repository.find({ relations: { user: true, users: true }, order: { id: 'ASC' } });
    same([first.queries, second.queries], [2, 0]);
    for (const { result } of [first, second]) same(byId([...result].map(sorted)), found.map(sorted));
    ok(second.result.every((example) => example instanceof Example && example.updatedAt instanceof Date));
    ok(second.result.some(({ user }) => user instanceof User));
  },

  'a row costs 2 queries over HTTP, then none; after an update it is new': async (app) => {
    const { one } = await app.seed();
    const read = () => app.counted(() => app.request<Example>('GET', `/examples/${one.id}`));
    same([(await read()).queries, (await read()).queries], [2, 0]);
    const put = await app.counted(() => app.request<Example>('PUT', `/examples/${one.id}`, { title: 'new' }));
    same([put.queries, put.result.body.title], [3, 'new']);
    const after = await read();
    same([after.queries, after.result.body.title], [0, 'new']);
    const list = await app.request<Example[]>('GET', '/examples');
    same(list.body.map(({ title }) => title).toSorted(), ['new', 'two']);
  },

  'what is not there is a 404': async (app) => {
    await app.seed();
    equal((await app.request('GET', '/examples/0')).status, 404);
    equal((await app.request('GET', '/examples/nothing')).status, 400);
  },

  'getMany loads what is lacking with one query': async (app) => {
    const { ann, bob } = await app.seed();
    const read = () => app.counted(() => app.users.getMany([ann.id, bob.id]));
    const [first, second] = [await read(), await read()];
    same([first.queries, second.queries], [1, 0]);
    same(
      second.result.map((user) => user?.username),
      ['ann', 'bob'],
    );
  },

  'a list is counted without a query, and refined with one and its prefetch': async (app) => {
    await app.seed();
    await app.examples.all();
    const count = await app.counted(() => app.examples.all().count());
    same([count.queries, count.result], [0, 2]);
    const active = () => app.counted(() => app.examples.all().filter({ isActive: true }));
    same([(await active()).queries, (await active()).queries], [2, 2]);
    same(titlesOf((await active()).result), ['one']);
    const suffixed = () => app.counted(() => app.examples.all({ suffix: 'active', where: { isActive: true } }));
    same([(await suffixed()).queries, (await suffixed()).queries], [2, 0]);
  },

  'a transaction sees its own writes, others see them from the commit on': async (app) => {
    const { one } = await app.seed();
    const title = async () => (await app.examples.get(one.id)).title;
    await title();
    await app.dataSource.transaction(async (manager) => {
      await manager.update(Example, one.id, { title: 'committed' });
      equal((await app.examples.using(manager).get(one.id)).title, 'committed');
    });
    equal(await title(), 'committed');
    await rejects(
      app.dataSource.transaction(async (manager) => {
        await manager.update(Example, one.id, { title: 'rolled back' });
        throw new Error('no');
      }),
      /^Error: no$/,
    );
    equal(await title(), 'committed');
  },

  'raw SQL, builders, saves and removals make stale': async (app) => {
    const { one, two } = await app.seed();
    const titles = async () => titlesOf(await app.examples.all());
    const title = async () => (await app.examples.get(one.id)).title;
    same([await titles(), await title()], [['one', 'two'], 'one']);
    await app.query(`UPDATE "example" SET "title" = 'raw' WHERE "id" = ${one.id}`);
    same([await titles(), await title()], [['raw', 'two'], 'raw']);
    await app.repository.createQueryBuilder().update().set({ title: 'built' }).where({ title: 'raw' }).execute();
    same([await titles(), await title()], [['built', 'two'], 'built']);
    await app.repository.save({ id: one.id, title: 'saved' });
    same([await titles(), await title()], [['saved', 'two'], 'saved']);
    await app.repository.delete(two.id);
    same(await titles(), ['saved']);
    await app.repository.insert({ title: 'three' });
    same(await titles(), ['saved', 'three']);
  },

  'who is related, joined or prefetched, is never older than a write': async (app) => {
    const { one, ann, bob } = await app.seed();
    const names = async () => {
      const { user, users } = await app.examples.get(one.id);
      return [user?.username, ...users.map(({ username }) => username).toSorted()];
    };
    same(await names(), ['ann', 'ann', 'bob']);
    await app.dataSource.getRepository(User).update(bob.id, { username: 'rob' });
    same(await names(), ['ann', 'ann', 'rob']);
    await app.repository.createQueryBuilder().relation('users').of(one.id).remove(ann.id);
    same(await names(), ['ann', 'rob']);
    await app.dataSource.getRepository(User).delete(ann.id);
    same(await names(), [undefined, 'rob']);
  },

  'what is written past TypeORM stays stale until it is cleared': async (app) => {
    const { one } = await app.seed();
    const titles = async () => titlesOf(await app.examples.all());
    const title = async () => (await app.examples.get(one.id)).title;
    same([await titles(), await title()], [['one', 'two'], 'one']);
    await app.outside.rename(one.id, 'outside');
    same([await titles(), await title()], [['one', 'two'], 'one']);
    await app.cache.clear(Example);
    same([await titles(), await title()], [['outside', 'two'], 'outside']);
  },

  'the decorators clear after writes past TypeORM': async (app) => {
    const { one } = await app.seed();
    const titles = async () => titlesOf(await app.examples.all());
    const title = async () => (await app.examples.get(one.id)).title;
    same([await titles(), await title()], [['one', 'two'], 'one']);
    equal((await app.request('POST', '/imports', { id: one.id, title: 'posted' })).status, 201);
    same([await titles(), await title()], [['posted', 'two'], 'one']);
    equal((await app.request('PUT', `/imports/${one.id}`, { title: 'put' })).status, 200);
    // Whatever shows the row, the list too.
    same([await titles(), await title()], [['put', 'two'], 'put']);
  },
};

/** What holds for two applications that share a database and a Redis. */
export const sharedFacts: Readonly<Record<string, (one: Application, other: Application) => Promise<void>>> = {
  'applications read what others cached': async (app, other) => {
    const { one } = await app.seed();
    // An entry is stored while its reader goes on; the second read finds it, so it is there.
    for (let i = 0; i < 2; i++) {
      await app.examples.all();
      await app.examples.get(one.id);
    }
    const list = await other.counted(() => other.examples.all());
    const detail = await other.counted(() => other.examples.get(one.id));
    same([list.queries, detail.queries], [0, 0]);
    same(titlesOf(list.result), ['one', 'two']);
  },

  "applications hear each other's writes": async (app, other) => {
    const { one, ann } = await app.seed();
    const read = async (who: Application) => {
      const { title, user } = await who.examples.get(one.id);
      return [titlesOf(await who.examples.all()), title, user?.username];
    };
    for (const [writer, reader, title] of [
      [app, other, 'by one'],
      [other, app, 'by the other'],
    ] as const) {
      await read(reader);
      await writer.repository.update(one.id, { title });
      await writer.query(`UPDATE "user" SET "username" = '${title}' WHERE "id" = ${ann.id}`);
      same(await read(reader), [[title, 'two'], title, title]);
    }
  },

  'a write is heard when its promise resolves, time after time': async (app, other) => {
    const { one, ann } = await app.seed();
    const names = () => Promise.all([app, other].map(async (who) => (await who.examples.get(one.id)).user?.username));
    for (let i = 0; i < 25; i++) {
      await names();
      await app.query(`UPDATE "user" SET "username" = 'raw ${i}' WHERE "id" = ${ann.id}`);
      same(await names(), [`raw ${i}`, `raw ${i}`]);
      await app.dataSource.getRepository(User).update(ann.id, { username: `updated ${i}` });
      same(await names(), [`updated ${i}`, `updated ${i}`]);
    }
  },
};

function titlesOf(examples: Iterable<Example>): string[] {
  return [...examples].map(({ title }) => title).toSorted();
}

function byId<T extends { id: number }>(rows: T[]): T[] {
  return rows.toSorted((a, b) => a.id - b.id);
}

function sorted(example: Example): Example {
  return Object.assign(Object.create(Example.prototype) as Example, example, { users: byId(example.users) });
}
