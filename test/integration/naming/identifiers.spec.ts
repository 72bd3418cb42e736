import { Injectable } from '@nestjs/common';
import type { DataSourceOptions } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { BaseCacheManager, type Identifier, InvalidIdentifierError } from '../../../lib/index.js';
import {
  BigKeyed,
  BytesKeyed,
  DayKeyed,
  keyEntities,
  PlacedSeat,
  Seat,
  TextKeyed,
  UuidKeyed,
} from '../../fixtures/entities/keys.entities.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { sqljs } from '../../fixtures/sqljs.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';
import { createTestApp } from '../../support/test-app.js';

@Injectable()
class TextKeyedCacheManager extends BaseCacheManager<TextKeyed> {
  model = TextKeyed;
}

@Injectable()
class BigKeyedCacheManager extends BaseCacheManager<BigKeyed> {
  model = BigKeyed;
}

@Injectable()
class UuidKeyedCacheManager extends BaseCacheManager<UuidKeyed> {
  model = UuidKeyed;
}

@Injectable()
class SeatCacheManager extends BaseCacheManager<Seat> {
  model = Seat;
}

@Injectable()
class PlacedSeatCacheManager extends BaseCacheManager<PlacedSeat> {
  model = PlacedSeat;
}

@Injectable()
class DayKeyedCacheManager extends BaseCacheManager<DayKeyed> {
  model = DayKeyed;
}

@Injectable()
class BytesKeyedCacheManager extends BaseCacheManager<BytesKeyed> {
  model = BytesKeyed;
}

const managers = [
  TextKeyedCacheManager,
  BigKeyedCacheManager,
  UuidKeyedCacheManager,
  SeatCacheManager,
  PlacedSeatCacheManager,
];

async function appOn(database: TestDatabase) {
  const options = { ...(await database.options()), entities: keyEntities, synchronize: true } as DataSourceOptions;
  return createTestApp({ database: options, managers });
}

describeDatabases('Identifiers', (database) => {
  it('may be any text: separators, spaces, line breaks, any script', async () => {
    const { get, dataSource, statements } = await appOn(database);
    const rows = get(TextKeyedCacheManager);
    const texts = [
      '_',
      ':',
      '%',
      '%25',
      '~',
      ',',
      'a b',
      'a\nb',
      '\t',
      'größe',
      '日本',
      '😀',
      '1',
      '01',
      '__proto__',
      "'; --",
      '"',
      '\\',
      '{}',
    ];
    for (const id of texts) await dataSource.manager.insert(TextKeyed, { id, text: `text of ${id}` });
    for (const id of texts) expect((await rows.get(id)).text).toBe(`text of ${id}`);
    for (const id of texts) expect((await statements.expect(0, () => rows.get(id))).id).toBe(id);
    expect((await statements.expect(0, () => rows.getMany(texts))).map(({ id }) => id)).toEqual(texts);
    for (const id of texts) {
      await dataSource.manager.update(TextKeyed, { id }, { text: `changed ${id}` });
      expect((await rows.get(id)).text).toBe(`changed ${id}`);
    }
  });

  it('are one entry as a number, a bigint or a text', async () => {
    const { get, dataSource, statements } = await appOn(database);
    const rows = get(BigKeyedCacheManager);
    for (const id of ['7', '9007199254740991']) {
      await dataSource.manager.insert(BigKeyed, { id, text: `text of ${id}` });
      await rows.get(id);
      for (const same of [Number(id), BigInt(id), id]) {
        expect((await statements.expect(0, () => rows.get(same))).text).toBe(`text of ${id}`);
      }
      await rows.clearCacheDetail(Number(id));
      await statements.expect(1, () => rows.get(BigInt(id)));
      expect(await rows.getMany([id, Number(id), BigInt(id)])).toHaveLength(3);
    }
  });

  it('are composite keys by their parts, in any order, entities included', async () => {
    const { get, dataSource, statements } = await appOn(database);
    const seats = get(SeatCacheManager);
    const rows = [
      { row: 'a', number: 1 },
      { row: 'a', number: 2 },
      { row: 'a,1', number: 1 },
      { row: 'a%2C1', number: 1 },
    ];
    for (const key of rows) await dataSource.manager.insert(Seat, { ...key, text: JSON.stringify(key) });
    for (const { row, number } of rows) {
      const text = JSON.stringify({ row, number });
      expect((await seats.get({ number, row })).text).toBe(text);
      const entity = await statements.expect(0, () => seats.get({ row, number: String(number) }));
      expect(entity.text).toBe(text);
      expect((await statements.expect(0, () => seats.get(entity as never))).text).toBe(text);
    }
    await seats.clearCacheDetail();
    expect((await statements.expect(1, () => seats.getMany(rows))).map(({ text }) => text)).toEqual(
      rows.map((row) => JSON.stringify(row)),
    );
    await dataSource.manager.update(Seat, rows[1]!, { text: 'changed' });
    expect((await seats.get(rows[1]!)).text).toBe('changed');
    await statements.expect(0, () => seats.get(rows[0]!));
    await dataSource.manager.update(Seat, rows[2]!, { text: 'changed' });
    // MariaDB's default collation compares texts as only it knows: a write to one row counts for all that have the same number.
    await statements.expect(database.name === 'mariadb' ? 1 : 0, () => seats.get(rows[0]!));
  });

  it('are keys inside an embedded entity', async () => {
    const { get, dataSource, statements } = await appOn(database);
    const seats = get(PlacedSeatCacheManager);
    for (const number of [1, 2]) {
      for (const row of ['a', 'b'])
        await dataSource.manager.insert(PlacedSeat, { place: { row, number }, text: `${row}${number}` });
    }
    const places = [
      { place: { row: 'a', number: 1 } },
      { place: { row: 'b', number: 1 } },
      { place: { row: 'a', number: 2 } },
    ];
    expect((await statements.expect(1, () => seats.getMany(places))).map(({ text }) => text)).toEqual([
      'a1',
      'b1',
      'a2',
    ]);
    expect((await statements.expect(0, () => seats.get(places[1]!))).text).toBe('b1');
    await seats.clearCacheDetail(places[1]!);
    expect((await statements.expect(1, () => seats.get(places[1]!))).text).toBe('b1');
    await expect(seats.get({ place: { row: 'a' } })).rejects.toThrow(/lacks place\.number/);
  });

  it('are uuids in either case', async () => {
    const { get, dataSource, statements } = await appOn(database);
    const rows = get(UuidKeyedCacheManager);
    const { id } = await dataSource.manager.save(UuidKeyed, { text: 'one' });
    expect((await rows.get(id)).text).toBe('one');
    await statements.expect(0, () => rows.get(id));
    if (database.name === 'sqljs') return;
    expect((await rows.get(id.toUpperCase())).id).toBe(id);
    expect(await rows.getMany([id.toUpperCase(), id])).toHaveLength(2);
    await dataSource.manager.update(UuidKeyed, { id }, { text: 'changed' });
    expect((await rows.get(id.toUpperCase())).text).toBe('changed');
  });

  it('that fit no column fail as the database says, or find nothing', async () => {
    const { get } = await appOn(database);
    const rows = get(BigKeyedCacheManager);
    const outcome = (id: Identifier) =>
      rows.get(id, { raiseException: false }).then(String, (error: Error) => error.constructor.name);
    for (const id of ['not a number', 1.5, Infinity, '1; DROP TABLE x']) {
      expect(['null', 'QueryFailedError']).toContain(await outcome(id));
    }
  });
});

describe('Identifiers', () => {
  it.each([undefined, null, NaN, {}, [], Symbol('id'), new Date(NaN), { id: undefined }, { other: 1 }])(
    'that name no row are refused before anybody is asked: %o',
    async (identifier) => {
      const { get, statements } = await exampleApp(sqljs);
      const examples = get(PlainExampleCacheManager);
      const id = identifier as Identifier;
      await statements.expect(0, async () => {
        await expect(examples.get(id)).rejects.toThrow(InvalidIdentifierError);
        await expect(examples.get(id, { raiseException: false })).rejects.toThrow(InvalidIdentifierError);
        await expect(examples.get(id, { where: { id: 1 } })).rejects.toThrow(InvalidIdentifierError);
        await expect(examples.getMany([1, id])).rejects.toThrow(InvalidIdentifierError);
        expect(() => examples.getDetailCacheKey(id)).toThrow(InvalidIdentifierError);
        if (identifier !== undefined)
          await expect(examples.clearCacheDetail(id)).rejects.toThrow(InvalidIdentifierError);
      });
    },
  );

  it('of a composite key must have every part', async () => {
    const { get, statements } = await appOn(sqljs);
    const seats = get(SeatCacheManager);
    await statements.expect(0, async () => {
      await expect(seats.get({ row: 'a' })).rejects.toThrow(/lacks number/);
      await expect(seats.get({ row: 'a', number: null as never })).rejects.toThrow(InvalidIdentifierError);
      await expect(seats.get('a')).rejects.toThrow(/composite key, so string alone/);
      await expect(seats.getMany([1])).rejects.toThrow(/Pass an object with row, number/);
    });
    expect(await seats.get('mine', { where: { row: 'a' }, raiseException: false })).toBeNull();
  });

  it('may be long, or no Unicode at all', async () => {
    const { get, statements } = await exampleApp(sqljs);
    const examples = get(PlainExampleCacheManager);
    const texts = ['x'.repeat(10_240), `${'x'.repeat(10_239)}y`, '\ud800', '\udfff', '\ud800\ud800', '\ufffd', ''];
    for (const [i, text] of texts.entries()) {
      const where = { id: (i % 3) + 1 };
      const { id } = await statements.expect(1, () => examples.get(text, { where }));
      expect((await statements.expect(0, () => examples.get(text, { where }))).id).toBe(id);
      const suffixed = () => examples.all({ suffix: text, where: { id } });
      // A list under the same name is another entry: they only drop each other.
      expect((await statements.expect(1, suffixed)).map((example) => example.id)).toEqual([id]);
    }
  });

  it('may be dates and bytes, told apart from the text that prints the same key', async () => {
    const entities = [DayKeyed, BytesKeyed];
    const { get, dataSource, statements } = await createTestApp({
      database: { type: 'sqljs', entities, synchronize: true },
      managers: [DayKeyedCacheManager, BytesKeyedCacheManager],
    });
    const [day, next] = [new Date('2024-02-29T12:00:00.123Z'), new Date('2024-03-01T12:00:00.000Z')];
    for (const id of [day, next]) await dataSource.manager.insert(DayKeyed, { id, text: id.toISOString() });
    const days = get(DayKeyedCacheManager);
    expect((await days.get(day)).text).toBe(day.toISOString());
    expect((await statements.expect(0, () => days.get(new Date(day)))).text).toBe(day.toISOString());
    expect((await days.getMany([next, day])).map(({ text }) => text)).toEqual([next.toISOString(), day.toISOString()]);

    for (const id of ['ab', '6162']) await dataSource.manager.insert(BytesKeyed, { id: Buffer.from(id), text: id });
    const bytes = get(BytesKeyedCacheManager);
    expect((await bytes.get(Buffer.from('ab'))).text).toBe('ab');
    expect((await statements.expect(0, () => bytes.get(new Uint8Array([0x61, 0x62])))).text).toBe('ab');
    expect(await bytes.get('6162', { raiseException: false })).toBeNull();
    expect((await bytes.get(Buffer.from('6162'))).text).toBe('6162');
  });

  it('keep what they were when their author changes them', async () => {
    const { get, dataSource } = await appOn(sqljs);
    const seats = get(SeatCacheManager);
    for (const number of [1, 2]) await dataSource.manager.insert(Seat, { row: 'a', number, text: `text of ${number}` });
    const key = { row: 'a', number: 1 };
    const reading = seats.get(key);
    key.number = 2;
    expect((await reading).text).toBe('text of 1');
    expect((await seats.get({ row: 'a', number: 1 })).text).toBe('text of 1');
  });
});
