import { Injectable } from '@nestjs/common';
import dayjs from 'dayjs';
import { type DataSourceOptions, Entity, ManyToOne, OneToMany, PrimaryColumn, type Relation } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { BaseCacheManager, type Identifier, InvalidIdentifierError } from '../../../lib/index.js';
import { BytesKeyed, TextKeyed } from '../../fixtures/entities/keys.entities.js';
import {
  Binary,
  Heir,
  Member,
  Membership,
  Moment,
  SecretId,
  SimpleJson,
  Spot,
  UserId,
  valueKeyEntities,
  Vault,
} from '../../fixtures/entities/value-keys.entities.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Injectable()
class MemberCacheManager extends BaseCacheManager<Member> {
  model = Member;
}

@Injectable()
class VaultCacheManager extends BaseCacheManager<Vault> {
  model = Vault;
}

@Injectable()
class HeirCacheManager extends BaseCacheManager<Heir> {
  model = Heir;
}

@Injectable()
class MomentCacheManager extends BaseCacheManager<Moment> {
  model = Moment;
}

@Injectable()
class SpotCacheManager extends BaseCacheManager<Spot> {
  model = Spot;
}

@Injectable()
class MembershipCacheManager extends BaseCacheManager<Membership> {
  model = Membership;
}

@Injectable()
class BinaryCacheManager extends BaseCacheManager<Binary> {
  model = Binary;
}

@Injectable()
class SimpleJsonCacheManager extends BaseCacheManager<SimpleJson> {
  model = SimpleJson;
}

@Injectable()
class TextKeyedCacheManager extends BaseCacheManager<TextKeyed> {
  model = TextKeyed;
}

@Injectable()
class BytesKeyedCacheManager extends BaseCacheManager<BytesKeyed> {
  model = BytesKeyed;
}

const managers = [
  MemberCacheManager,
  VaultCacheManager,
  HeirCacheManager,
  MomentCacheManager,
  SpotCacheManager,
  MembershipCacheManager,
];

async function appOn(database: TestDatabase) {
  const options = { ...(await database.options()), entities: valueKeyEntities, synchronize: true } as DataSourceOptions;
  return createTestApp({ database: options, managers });
}

class Dto {
  constructor(readonly id: unknown) {}
}

describeDatabases('A key that is an instance of a class', (database) => {
  it('names its row as itself, in an object, as the raw value its transformer takes, all of them one entry', async () => {
    const { get, dataSource, statements, events } = await appOn(database);
    const members = get(MemberCacheManager);
    for (const id of ['u1', 'u2']) await dataSource.manager.insert(Member, { id: new UserId(id), text: `of ${id}` });
    const spellings = () =>
      [
        new UserId('u1'),
        { id: new UserId('u1') },
        'u1',
        { id: 'u1' },
        new Dto(new UserId('u1')),
        new Dto('u1'),
      ] as const;
    await members.get(new UserId('u1'));
    for (const id of spellings()) {
      expect(members.getDetailCacheKey(id)).toMatch(/:member_u1$/);
      const found = await statements.expect(0, () => members.get(id));
      expect([found.text, found.id]).toEqual(['of u1', new UserId('u1')]);
    }
    const entity = await members.get('u1');
    expect((await statements.expect(0, () => members.get(entity))).text).toBe('of u1');
    for (const id of spellings()) {
      await members.get('u1');
      await members.clearCacheDetail(id);
      await statements.expect(1, () => members.get(new UserId('u1')));
      await dataSource.manager.update(Member, { id: new UserId('u1') }, { text: `of u1` });
      await statements.expect(1, () => members.get(id));
    }
    expect(events.filter(({ name }) => name === 'entry:mismatched')).toEqual([]);
  });

  it('is found again by getMany, whose rows cost one query', async () => {
    const { get, dataSource, statements } = await appOn(database);
    const members = get(MemberCacheManager);
    for (const id of ['u1', 'u2', 'u3'])
      await dataSource.manager.insert(Member, { id: new UserId(id), text: `of ${id}` });
    const ids = [new UserId('u3'), { id: new UserId('u1') }, new UserId('none'), 'u2'];
    // One more, about the one without a row: the database may know it by another spelling.
    for (const queries of [2, 2]) {
      await members.clearCacheDetail();
      const found = await statements.expect(queries, () => members.getMany(ids));
      expect(found.map(({ text }) => text)).toEqual(['of u3', 'of u1', 'of u2']);
    }
    const rows = await statements.expect(0, () => members.getMany([new UserId('u2'), new UserId('u1')]));
    expect(rows.map(({ text }) => text)).toEqual(['of u2', 'of u1']);
  });

  it('may show nothing of itself, in JSON neither', async () => {
    const { get, dataSource, statements } = await appOn(database);
    const vaults = get(VaultCacheManager);
    for (const id of ['s1', 's2']) await dataSource.manager.insert(Vault, { id: new SecretId(id), text: `of ${id}` });
    expect((await vaults.get(new SecretId('s1'))).text).toBe('of s1');
    expect((await vaults.get(new SecretId('s2'))).text).toBe('of s2');
    expect((await statements.expect(0, () => vaults.get(new SecretId('s1')))).text).toBe('of s1');
    await vaults.clearCacheDetail();
    const both = await statements.expect(1, () => vaults.getMany([new SecretId('s2'), new SecretId('s1')]));
    expect(both.map(({ text }) => text)).toEqual(['of s2', 'of s1']);
  });

  it('whose transformer throws for what was given says where, and why', async () => {
    const { get, statements } = await appOn(database);
    const vaults = get(VaultCacheManager);
    await statements.expect(0, async () => {
      for (const id of ['s1', { id: 's1' }, 5, new Date(0)] as Identifier[]) {
        for (const read of [() => vaults.get(id), () => vaults.getMany([id, new SecretId('s1')])]) {
          const error = await read().catch((reason: unknown) => reason as Error);
          expect(error).toBeInstanceOf(InvalidIdentifierError);
          expect((error as Error).message).toMatch(/VaultCacheManager.*Vault\.id/);
          expect((error as Error).cause).toBeInstanceOf(TypeError);
        }
      }
    });
    expect(() => vaults.getDetailCacheKey(dayjs())).toThrow(/VaultCacheManager.*Vault\.id/);
  });

  it('leaves a text that only names an entry alone', async () => {
    const { get, dataSource, statements } = await appOn(database);
    const vaults = get(VaultCacheManager);
    await dataSource.manager.insert(Vault, { id: new SecretId('s1'), text: 'one' });
    const read = () => vaults.get('mine', { where: { text: 'one' } });
    expect((await read()).text).toBe('one');
    await statements.expect(0, read);
    expect(vaults.getDetailCacheKey('mine')).toMatch(/:vault_mine$/);
    await vaults.clearCacheDetail('mine');
    await statements.expect(1, read);
  });

  it('is never taken for the text that names another row', async () => {
    const { get, dataSource } = await appOn(database);
    const heirs = get(HeirCacheManager);
    for (const id of ['a', 'legacy-a']) await dataSource.manager.insert(Heir, { id: new UserId(id), text: `of ${id}` });
    for (const ids of [
      [new UserId('a'), 'a'],
      ['a', new UserId('a')],
    ]) {
      for (let round = 0; round < 2; round++) {
        await heirs.clearCacheDetail();
        const expected = ids.map((id) => (typeof id === 'string' ? 'of legacy-a' : 'of a'));
        expect((await heirs.getMany(ids)).map(({ text }) => text)).toEqual(expected);
        for (const [i, id] of ids.entries()) expect((await heirs.get(id)).text).toBe(expected[i]);
      }
    }
  });

  it('may be made by a library: two instances of one moment are one entry', async () => {
    const { get, dataSource, statements } = await appOn(database);
    const moments = get(MomentCacheManager);
    const iso = '2024-02-29T12:00:00.000Z';
    await dataSource.manager.insert(Moment, { id: dayjs(iso), text: 'leap' });
    expect((await moments.get(dayjs(iso))).text).toBe('leap');
    expect((await statements.expect(0, () => moments.get(dayjs(iso).add(0, 'day')))).text).toBe('leap');
    expect((await statements.expect(0, () => moments.get({ id: dayjs(iso) }))).text).toBe('leap');
    expect((await statements.expect(0, () => moments.get(new Date(iso)))).text).toBe('leap');
    expect(moments.getDetailCacheKey(dayjs(iso))).toMatch(/:moment_2024-02-29T12:00:00\.000Z$/);
    await expect(moments.get(dayjs('nothing'))).rejects.toThrow(InvalidIdentifierError);
  });

  it('may be an object of properties, or a list', async () => {
    const { get, dataSource, statements } = await appOn(database);
    const spots = get(SpotCacheManager);
    const ids = [{ x: 1, y: 2 }, { x: 2, y: 1 }, { x: 1 }, [1, 2], { id: 1 }];
    for (const id of ids) await dataSource.manager.insert(Spot, { id: id as never, text: JSON.stringify(id) });
    const asked = (): Identifier[] => [{ x: 1, y: 2 }, { id: { x: 2, y: 1 } }, { x: 1 }, [1, 2], { id: { id: 1 } }];
    for (const [i, id] of asked().entries()) expect((await spots.get(id)).text).toBe(JSON.stringify(ids[i]));
    for (const id of asked()) await statements.expect(0, () => spots.get(id));
    await spots.clearCacheDetail();
    const found = await statements.expect(1, () => spots.getMany(asked()));
    expect(found.map(({ text }) => text)).toEqual(ids.map((id) => JSON.stringify(id)));
    expect(new Set(asked().map((id) => spots.getDetailCacheKey(id))).size).toBe(ids.length);
    // Another text, so no row: as find says.
    expect(await spots.get({ id: { y: 2, x: 1 } }, { raiseException: false })).toBeNull();
    for (const id of asked()) {
      await spots.clearCacheDetail(id);
      await statements.expect(1, () => spots.get(id));
    }
  });

  it('may be a part of a composite key', async () => {
    const { get, dataSource, statements } = await appOn(database);
    const memberships = get(MembershipCacheManager);
    for (const member of ['a', 'b']) {
      for (const year of [1, 2])
        await dataSource.manager.insert(Membership, { member: new UserId(member), year, text: `${member}${year}` });
    }
    const id = () => ({ member: new UserId('b'), year: 2 });
    expect((await memberships.get(id())).text).toBe('b2');
    for (const same of [id(), { year: '2', member: 'b' }, await memberships.get(id())]) {
      expect(memberships.getDetailCacheKey(same)).toMatch(/:membership_b,2$/);
      expect((await statements.expect(0, () => memberships.get(same))).text).toBe('b2');
    }
    await memberships.clearCacheDetail();
    const two = await statements.expect(1, () => memberships.getMany([id(), { member: 'a', year: 1 }]));
    expect(two.map(({ text }) => text)).toEqual(['b2', 'a1']);
    await expect(memberships.get({ member: new UserId('b') })).rejects.toThrow(/lacks year/);
    await expect(memberships.get(new UserId('b'))).rejects.toThrow(/lacks member, year/);
  });

  it('of nothing at all is refused before anybody is asked, by the name of what is missing', async () => {
    const { get, statements } = await appOn(database);
    const nothing = [{}, [], undefined, null, NaN, new Date(NaN), { id: undefined }, { id: {} }, { id: NaN }];
    await statements.expect(0, async () => {
      const asked: BaseCacheManager<{ id: unknown }>[] = [
        get(MemberCacheManager),
        get(VaultCacheManager),
        get(SpotCacheManager),
        get(MomentCacheManager),
      ];
      for (const rows of asked) {
        for (const id of nothing as Identifier[]) {
          const error = await rows.get(id).catch((reason: unknown) => reason as Error);
          expect(error).toBeInstanceOf(InvalidIdentifierError);
          expect((error as Error).message).not.toMatch(/lacks ,|\(\)/);
        }
      }
      await expect(get(MemberCacheManager).get({ wrong: 1 } as object)).rejects.toThrow(/lacks id/);
      await expect(get(VaultCacheManager).get(new Dto(undefined))).rejects.toThrow(InvalidIdentifierError);
    });
  });
});

@Entity()
class Safe {
  @PrimaryColumn('varchar', {
    length: 50,
    transformer: { to: (value: SecretId) => value.reveal(), from: (form: string) => new SecretId(form) },
  })
  id: SecretId;

  @OneToMany(() => Jewel, (jewel) => jewel.safe)
  jewels: Relation<Jewel[]>;
}

@Entity()
class Jewel {
  @PrimaryColumn()
  id: number;

  @ManyToOne(() => Safe, (safe) => safe.jewels)
  safe: Relation<Safe>;
}

@Injectable()
class SafeCacheManager extends BaseCacheManager<Safe> {
  model = Safe;
  prefetchRelatedObjects = ['jewels'] as const;
}

describe('Prefetched relations of rows whose key shows nothing of itself', () => {
  it('are those of each row', async () => {
    const { get, dataSource } = await createTestApp({
      database: { type: 'sqljs', entities: [Safe, Jewel], synchronize: true },
      managers: [SafeCacheManager],
    });
    for (const [i, name] of ['a', 'b'].entries()) {
      const id = new SecretId(name);
      await dataSource.manager.insert(Safe, { id });
      await dataSource.query(`INSERT INTO jewel (id, "safeId") VALUES (${i}, '${name}')`);
    }
    const safes = await get(SafeCacheManager).all();
    expect(safes.map(({ id, jewels }) => [id.reveal(), jewels.map((jewel) => jewel.id)])).toEqual([
      ['a', [0]],
      ['b', [1]],
    ]);
  });
});

describeDatabases(
  'A key of type jsonb',
  (database) => {
    it('is one entry in any order of its properties, and found again by getMany', async () => {
      const options = { ...(await database.options()), entities: [Binary, SimpleJson], synchronize: true };
      const { get, dataSource, statements } = await createTestApp({
        database: options as DataSourceOptions,
        managers: [BinaryCacheManager, SimpleJsonCacheManager],
      });
      const rows = get(BinaryCacheManager);
      const written = { bb: 1, a: 2 };
      const turned = { a: 2, bb: 1 };
      for (const id of [{ bb: 1, a: 2 }, { bb: 1 }]) {
        await dataSource.manager.insert(Binary, { id, text: JSON.stringify(id) });
        await dataSource.manager.insert(SimpleJson, { id, text: JSON.stringify(id) });
      }
      expect((await rows.get(written)).text).toBe('{"bb":1,"a":2}');
      await statements.expect(0, () => rows.get(turned));
      await dataSource.manager.update(Binary, { id: { a: 2, bb: 1 } }, { text: 'changed' });
      for (const id of [{ bb: 1, a: 2 }, { id: { a: 2, bb: 1 } }]) expect((await rows.get(id)).text).toBe('changed');
      await rows.clearCacheDetail(turned);
      await statements.expect(1, () => rows.getMany([written, { id: { bb: 1 } }]));

      const texts = get(SimpleJsonCacheManager);
      expect((await texts.get(written)).text).toBe('{"bb":1,"a":2}');
      await statements.expect(0, () => texts.get(written));
      // Another text, so no row: as find says.
      expect(await texts.get(turned, { raiseException: false })).toBeNull();
    });
  },
  ['postgres'],
);

describe('Identifiers that print one key', () => {
  it('and are two rows are two rows to getMany as well', async () => {
    const { get, dataSource } = await createTestApp({
      database: { type: 'sqljs', entities: [BytesKeyed], synchronize: true },
      managers: [BytesKeyedCacheManager],
    });
    await dataSource.manager.insert(BytesKeyed, { id: Buffer.from('ab'), text: 'ab' });
    const rows = get(BytesKeyedCacheManager);
    expect(await rows.getMany(['6162', 'x'])).toEqual([]);
    expect(await rows.getMany(['6162', Buffer.from('ab')])).toHaveLength(1);
    expect(await rows.getMany([Buffer.from('ab'), '6162'])).toHaveLength(1);
  });
});

describeDatabases('A number for a key that is a text', (database) => {
  it('finds what the database finds for it, whatever the text has found', async () => {
    const options = { ...(await database.options()), entities: [TextKeyed], synchronize: true } as DataSourceOptions;
    const { get, dataSource } = await createTestApp({ database: options, managers: [TextKeyedCacheManager] });
    await dataSource.manager.insert(TextKeyed, { id: '01', text: 'with a zero' });
    const rows = get(TextKeyedCacheManager);
    for (let round = 0; round < 2; round++) {
      for (const id of [1, '1', 1, 1n]) {
        // PostgreSQL has no comparison of texts with numbers, but its driver sends both alike.
        const expected = await dataSource.manager.findOneBy(TextKeyed, { id: id as string });
        expect(await rows.get(id, { raiseException: false })).toEqual(expected);
      }
    }
  });
});
