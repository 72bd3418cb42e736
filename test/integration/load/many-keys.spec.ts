import { Injectable } from '@nestjs/common';
import fc from 'fast-check';
import {
  Column,
  type ColumnType,
  DataSource,
  type DataSourceOptions,
  Entity,
  EntitySchema,
  type FindOptionsWhere,
  In,
  type ObjectLiteral,
  PrimaryColumn,
} from 'typeorm';
import { expect, it, onTestFinished } from 'vitest';
import { BaseCacheManager, type Identifier } from '../../../lib/index.js';
import { BigKeyed, TextKeyed, UuidKeyed } from '../../fixtures/entities/keys.entities.js';
import { orderEntities, Passport, Person, Seat } from '../../fixtures/entities/order-lines.entities.js';
import { Member, UserId } from '../../fixtures/entities/value-keys.entities.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity()
class Numbered {
  @PrimaryColumn()
  id: number;

  @Column()
  text: string;
}

class Label {
  @PrimaryColumn('varchar', { length: 50 })
  code: string;
}

/** Its key is inside an embedded entity. */
@Entity()
class Labelled {
  @Column(() => Label)
  label: Label;

  @Column()
  text: string;
}

@Injectable()
class NumberedCacheManager extends BaseCacheManager<Numbered> {
  model = Numbered;
}

@Injectable()
class TextKeyedCacheManager extends BaseCacheManager<TextKeyed> {
  model = TextKeyed;
}

@Injectable()
class LabelledCacheManager extends BaseCacheManager<Labelled> {
  model = Labelled;
}

@Injectable()
class MemberCacheManager extends BaseCacheManager<Member> {
  model = Member;
}

@Injectable()
class PassportCacheManager extends BaseCacheManager<Passport> {
  model = Passport;
}

@Injectable()
class SeatCacheManager extends BaseCacheManager<Seat> {
  model = Seat;
}

const entities = [Numbered, TextKeyed, Labelled, Member, ...orderEntities];
const managers = [
  NumberedCacheManager,
  TextKeyedCacheManager,
  LabelledCacheManager,
  MemberCacheManager,
  PassportCacheManager,
  SeatCacheManager,
];

async function appOn(database: TestDatabase) {
  const options = { ...(await database.options()), entities, synchronize: true } as DataSourceOptions;
  return createTestApp({ database: options, managers });
}

const selects = (statements: readonly string[]) => statements.filter((sql) => sql.startsWith('SELECT')).length;

describeDatabases('A list of keys says what the alternatives say', (database) => {
  const types: Record<string, Record<TestDatabase['name'], ColumnType>> = {
    day: { sqljs: 'datetime', postgres: 'timestamp', mariadb: 'datetime' },
    bytes: { sqljs: 'blob', postgres: 'bytea', mariadb: 'varbinary' },
  };
  const schema = (name: keyof typeof types, options: object = {}) =>
    new EntitySchema<{ id: unknown; text: string }>({
      name,
      columns: { id: { type: types[name]![database.name], primary: true, ...options }, text: { type: 'varchar' } },
    });
  const [day, bytes] = [schema('day'), schema('bytes', database.name === 'mariadb' ? { length: 50 } : {})];
  const uuids = ['0ef2c1b4-1111-4111-8111-111111111111', '0ef2c1b4-2222-4222-8222-222222222222'];
  const bigs = ['9007199254740993', '9007199254740995'];

  it.each([
    ['numbers', Numbered, [1, 2, 0, -1], [1, 0, 2, -1, 5]],
    ['numbers as texts', Numbered, [1, 2, 0], ['1', '0', '5']],
    ['bigints as texts', BigKeyed, bigs, [...bigs, '9007199254740994', '1']],
    ['bigints', BigKeyed, bigs, [...bigs.map(BigInt), 1n]],
    ['uuids', UuidKeyed, uuids, [uuids[0]!, uuids[1]!.toUpperCase()]],
    ['texts', TextKeyed, ['foo', '', '01', 'ä'], ['foo', 'FOO', '', '01', '1', 'ä', 'a', 'foo ', "o'k"]],
    ['texts as numbers', TextKeyed, ['1', '01', '2'], [1, 2, 3]],
    ['dates', day, [new Date(1e12), new Date(2e12)], [new Date(1e12), new Date(2e12), new Date(3e12)]],
    ['bytes', bytes, [Buffer.from('ab'), Buffer.from('AB')], ['ab', 'AB', 'c'].map((text) => Buffer.from(text))],
    [
      'instances of a class',
      Member,
      ['u1', 'u2'].map((id) => new UserId(id)),
      ['u1', 'u3'].map((id) => new UserId(id)),
    ],
    ['what a transformer takes as well', Member, [new UserId('u1'), new UserId('')], ['u1', '', 'u2']],
  ])('of %s', async (_, entity, stored, asked) => {
    const all = [Numbered, BigKeyed, UuidKeyed, TextKeyed, day, bytes, Member];
    const options = { ...(await database.options()), entities: all, synchronize: true } as DataSourceOptions;
    const dataSource = await new DataSource(options).initialize();
    onTestFinished(() => dataSource.destroy());
    const rows = dataSource.getRepository<ObjectLiteral>(entity as never);
    for (const id of stored) await rows.insert({ id, text: 'x' });
    const found = async (where: FindOptionsWhere<ObjectLiteral>[]) =>
      (await rows.find({ where })).map((row) => JSON.stringify(row)).sort();
    const expected = await found(asked.map((id) => ({ id })));
    expect(expected.length).toBeGreaterThan(0);
    expect(await found([{ id: In<unknown>(asked) }])).toEqual(expected);
  });
});

describeDatabases('getMany() of keys in any spelling', (database) => {
  const words = ['foo', 'FOO', 'Foo', 'foo ', 'bar', 'BAR', '1', '01', 'ä', 'a', 'A', '', 'none', ' none'];

  it('gives for each what the database gives for it, and no instance twice', async () => {
    const { get, dataSource, settled } = await appOn(database);
    const texts = get(TextKeyedCacheManager);
    const { manager } = dataSource;
    for (const id of ['foo', 'BAR', '01', 'a']) await manager.insert(TextKeyed, { id, text: `of ${id}` });
    const identifiers = fc.array(fc.oneof(fc.constantFrom<Identifier>(...words, 1), fc.stringMatching(/^w\d{1,3}$/)), {
      maxLength: 60,
    });
    const alone = new Map<Identifier, TextKeyed | null>();
    await fc.assert(
      fc.asyncProperty(identifiers, async (asked) => {
        for (const id of asked) {
          if (!alone.has(id)) alone.set(id, await manager.findOneBy(TextKeyed, { id: id as string }));
        }
        const expected = asked.map((id) => alone.get(id)).filter((row) => row !== null);
        await texts.clearCacheDetail();
        const cold = await texts.getMany(asked);
        await settled();
        const inside = await manager.transaction((through) => texts.using(through).getMany(asked));
        for (const found of [cold, await texts.getMany(asked), inside]) {
          expect(found).toEqual(expected);
          expect(new Set(found).size).toBe(found.length);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('lists them, unless some are numbers and some texts', async () => {
    const { get, statements } = await appOn(database);
    const asked = async (keys: Identifier[]) =>
      (await statements.during(() => get(TextKeyedCacheManager).getMany(keys))).statements.join();
    expect(await asked(['1', '2'])).toMatch(/ IN \(/);
    expect(await asked([1, '2'])).not.toMatch(/ IN \(/);
  });

  it('asks once for those that are asked for again, and makes an instance for each', async () => {
    const { get, dataSource, statements, settled } = await appOn(database);
    const { manager } = dataSource;
    await manager.insert(
      Numbered,
      [1, 2, 3].map((id) => ({ id, text: `of ${id}` })),
    );
    await manager.insert(Member, { id: new UserId('u1'), text: 'of u1' });
    const numbered = get(NumberedCacheManager);
    const asked = Array.from({ length: 1_000 }, (_, i) => [1, 1, 2, '3', 3, 9][i % 6]!);
    const expected = asked.filter((id) => id !== 9).map((id) => ({ id: Number(id), text: `of ${id}` }));
    const expectOne = async (use: () => Promise<object[]>, rows: object[]) => {
      const { statements: seen, result } = await statements.during(use);
      expect(result).toEqual(rows);
      expect(new Set(result).size).toBe(rows.length);
      expect(selects(seen)).toBe(1);
    };
    await expectOne(() => numbered.getMany(asked), expected);
    const members = Array.from({ length: 100 }, (_, i) => (i % 2 ? 'u1' : new UserId('u1')));
    const row = await manager.findOneByOrFail(Member, { id: new UserId('u1') });
    await manager.transaction(async (through) => {
      await expectOne(() => numbered.using(through).getMany(asked), expected);
      const found = await get(MemberCacheManager).using(through).getMany(members);
      expect(found).toEqual(members.map(() => row));
      expect(new Set(found).size).toBe(members.length);
    });
    await settled();
    expect(await get(MemberCacheManager).getMany(members)).toEqual(members.map(() => row));
  });
});

describeDatabases(
  'getMany() of texts in another case than they are stored',
  (database) => {
    const COUNT = 1_000;
    const numbers = Array.from({ length: COUNT }, (_, i) => i);

    async function setUp() {
      const app = await appOn(database);
      await app.dataSource.manager.insert(
        TextKeyed,
        numbers.map((i) => ({ id: `w${i}`, text: `of ${i}` })),
      );
      const during = (asked: readonly string[]) =>
        app.statements.during(() => app.get(TextKeyedCacheManager).getMany(asked));
      return { ...app, during };
    }

    it('costs some queries for hundreds of them', async () => {
      const { during } = await setUp();
      const { statements, result } = await during(numbers.map((i) => `W${i}`));
      expect(result.map(({ id }) => id)).toEqual(numbers.map((i) => `w${i}`));
      expect(selects(statements)).toBeLessThan(50);
    });

    it('costs some queries where few of them have a row, or a row has several', async () => {
      const { during } = await setUp();
      const { statements: ofFew, result: few } = await during([
        'w1',
        'W1',
        ...numbers.map((i) => `none ${i}`),
        'W2',
        'w2 ',
      ]);
      expect(few.map(({ id }) => id)).toEqual(['w1', 'w1', 'w2', 'w2']);
      expect(selects(ofFew)).toBeLessThan(100);
      const pairs = numbers.flatMap((i) => [`W${i} `, `W${i}`]);
      const { statements: ofPairs, result } = await during(pairs);
      expect(result.map(({ id }) => id)).toEqual(numbers.flatMap((i) => [`w${i}`, `w${i}`]));
      expect(selects(ofPairs)).toBeLessThan(400);
    });

    it('costs a query for hundreds without a row', async () => {
      const { during } = await setUp();
      const { statements } = await during(numbers.slice(0, 900).map((i) => `none ${i}`));
      expect(selects(statements)).toBe(1);
    });
  },
  ['mariadb'],
);

describeDatabases(
  'A number where the key is a text',
  (database) => {
    it('loads one row of all that are equal to it', async () => {
      const { get, dataSource, statements, settled } = await appOn(database);
      const { manager } = dataSource;
      await manager.insert(
        TextKeyed,
        Array.from({ length: 50 }, (_, i) => ({ id: `w${i}`, text: `of ${i}` })),
      );
      const texts = get(TextKeyedCacheManager);
      const any = expect.objectContaining({ text: expect.stringMatching(/^of /) as string }) as TextKeyed;
      for (const id of [0, false, { id: 0 }, 0n]) {
        const uses = [
          () => texts.get(id),
          async () => (await texts.getMany([id]))[0],
          () => texts.get('x', { where: { id: 0 as never } }),
          () => manager.transaction((through) => texts.using(through).get(id)),
        ];
        for (const use of uses) {
          const { result, statements: seen } = await statements.during(use);
          expect(result).toEqual(any);
          expect(seen.filter((sql) => sql.startsWith('SELECT') && !sql.includes('LIMIT 1'))).toEqual([]);
          await settled();
          await texts.clearCacheDetail();
        }
      }
      expect(await texts.get('w1')).toMatchObject({ text: 'of 1' });
    });
  },
  ['mariadb'],
);

describeDatabases('getMany() of keys that are somewhere else', (database) => {
  it('finds them inside of an embedded entity, in a transformer, and in a relation', async () => {
    const { get, dataSource, settled } = await appOn(database);
    const { manager } = dataSource;
    const people = await manager.save(
      Person,
      ['ann', 'bob', 'cid'].map((name) => ({ name })),
    );
    const texts = (found: readonly { text: string }[]) => found.map(({ text }) => text);
    for (const [i, { id }] of people.entries()) {
      const text = `of ${i}`;
      await manager.insert(Labelled, { label: { code: `c${i}` }, text });
      await manager.insert(Member, { id: new UserId(`u${i}`), text });
      await manager.insert(Passport, { personId: id, text });
      await manager.insert(Seat, { person: { id }, text });
    }
    const ids = people.map(({ id }) => id);
    for (let i = 0; i < 2; i++) {
      const codes = [{ label: { code: 'c2' } }, { label: { code: 'none' } }, { label: { code: 'c0' } }];
      expect(texts(await get(LabelledCacheManager).getMany(codes))).toEqual(['of 2', 'of 0']);
      expect(texts(await get(LabelledCacheManager).getMany(['c2', 'none', 'c0']))).toEqual(['of 2', 'of 0']);
      const members = [new UserId('u2'), 'u1', new UserId('none')];
      expect(texts(await get(MemberCacheManager).getMany(members))).toEqual(['of 2', 'of 1']);
      expect(texts(await get(PassportCacheManager).getMany([ids[2]!, 0, ids[0]!]))).toEqual(['of 2', 'of 0']);
      expect(texts(await get(SeatCacheManager).getMany([ids[2]!, 0, ids[0]!]))).toEqual(['of 2', 'of 0']);
      await settled();
    }
  });
});
