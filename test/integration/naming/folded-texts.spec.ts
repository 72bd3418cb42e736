import { Injectable } from '@nestjs/common';
import mysql from 'mysql2/promise';
import { Column, DataSource, type DataSourceOptions, Entity, Not, PrimaryColumn } from 'typeorm';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { columnSpelling } from '../../../lib/naming/column-value.js';
import { foldedText, isFoldedAlike, textLength } from '../../../lib/naming/folded-texts.js';
import { describeDatabases } from '../../support/databases.js';
import { describeWith } from '../../support/services.js';
import { createTestApp } from '../../support/test-app.js';

const SIGNS = ' _.@:/+-';
const SMALL = 'abcdefghijklmnopqrstuvwxyz0123456789';
const ALL = [...new Set(`${SMALL}${SMALL.toUpperCase()}${SIGNS}`)];

/** Everything of up to two signs; of three, in small letters, what could be one letter to somebody; longer ones with spaces and changing case. */
function texts(): string[] {
  const found = new Set(['']);
  for (const a of ALL) {
    found.add(a);
    for (const b of ALL) found.add(a + b);
  }
  for (const a of 'acdlnstz') for (const b of SMALL) for (const c of SMALL) found.add(a + b + c);
  for (let i = 0; i < 2_000; i++) {
    const letters = Array.from({ length: 4 + (i % 5) }, (_, at) => ALL[(i * (at + 3) + at * at * 7) % ALL.length]!);
    found.add(letters.join(''));
    found.add(letters.join('').toLowerCase());
  }
  return [...found].filter((text) => foldedText(text, 100) !== undefined);
}

describeWith('mariadb', 'texts that are compared in lower case', (url) => {
  let collations: string[];
  /** Of all texts, those that a collation calls equal though they are not in lower case, and how many it tells apart. */
  let compared: Map<string, { readonly mistaken: number; readonly apart: number }>;

  beforeAll(async () => {
    const connection = await mysql.createConnection(url);
    try {
      // Temporary tables are named in a database as well.
      await connection.query('USE mysql');
      const [rows] = await connection.query(
        `SELECT full_collation_name AS name FROM information_schema.collation_character_set_applicability WHERE character_set_name IN ('utf8mb4', 'latin1', 'ascii', 'utf8mb3')`,
      );
      collations = (rows as { name: string }[]).map(({ name }) => name);
      compared = new Map();
      for (const collation of [...collations.filter(isFoldedAlike), 'utf8mb4_lithuanian_ci', 'utf8mb4_spanish2_ci']) {
        const charset = collation.slice(0, collation.indexOf('_'));
        await connection.query(
          `CREATE TEMPORARY TABLE compared (text varchar(20), folded varchar(20)) CHARACTER SET ${charset} COLLATE ${collation}`,
        );
        await connection.query('INSERT INTO compared VALUES ?', [texts().map((text) => [text, foldedText(text, 100)])]);
        const [[found]] = (await connection.query(
          'SELECT sum(folds > 1) AS mistaken, count(*) AS apart FROM (SELECT count(DISTINCT binary folded) AS folds FROM compared GROUP BY text) AS equal',
        )) as unknown as [[{ mistaken: string; apart: string }]];
        compared.set(collation, { mistaken: Number(found.mistaken), apart: Number(found.apart) });
        await connection.query('DROP TEMPORARY TABLE compared');
      }
    } finally {
      await connection.end();
    }
  }, 240_000);

  it('are different wherever they are different there, by every collation that is trusted', () => {
    const trusted = collations.filter(isFoldedAlike);
    expect(trusted).toEqual(
      expect.arrayContaining([
        'utf8mb4_general_ci',
        'utf8mb4_unicode_ci',
        'utf8mb4_unicode_520_ci',
        'utf8mb4_uca1400_ai_ci',
        'utf8mb4_bin',
        'latin1_swedish_ci',
      ]),
    );
    for (const collation of trusted) expect([collation, compared.get(collation)?.mistaken]).toEqual([collation, 0]);
    // Where case counts, more of them are told apart.
    expect(compared.get('utf8mb4_bin')!.apart).toBeGreaterThan(compared.get('utf8mb4_general_ci')!.apart);
  });

  it('are not by others, which are not trusted', () => {
    expect(compared.get('utf8mb4_lithuanian_ci')!.mistaken).toBeGreaterThan(0);
    for (const name of collations.filter((each) => /lithuanian|swedish|german|spanish|danish|turkish/.test(each)))
      expect([name, isFoldedAlike(name)]).toEqual([name, name.startsWith('latin1_swedish')]);
  });
});

describe('a text', () => {
  it.each(['', ' a', 'a ', 'é', 'a\u0301', 'a\u200b', 'a\n', "a'", '\u017f', '\u212a', '\0'])(
    'is not known by %j',
    (text) => {
      expect(foldedText(text, 100)).toBeUndefined();
    },
  );

  it('is not known where its column takes fewer characters: the rest may have been cut off', () => {
    expect(foldedText('abc', 2)).toBeUndefined();
    expect(foldedText('aBc', 3)).toBe('abc');
  });
});

@Entity('shelf')
class Shelf {
  @PrimaryColumn({ type: 'varchar', length: 10 })
  code: string;

  @Column({ type: 'varchar', length: 4 })
  label: string;

  @Column({ default: 0 })
  books: number;

  @Column({ type: 'simple-json', nullable: true })
  data: unknown;
}

@Injectable()
class Shelves extends BaseCacheManager<Shelf> {
  model = Shelf;
}

describeDatabases(
  'texts in a table that compares them by its collation',
  (database) => {
    const open = async () => {
      const options = { ...(await database.options()), entities: [Shelf], synchronize: true };
      const app = await createTestApp({ database: options as DataSourceOptions, managers: [Shelves] });
      await app.dataSource.manager.insert(Shelf, [
        { code: 'abc', label: 'low' },
        { code: 'i', label: 'i' },
        { code: 'y', label: 'y' },
      ]);
      const shelves = app.get(Shelves);
      const labelled = (label: unknown) => shelves.all({ where: { label } as never });
      const code = app.dataSource.getMetadata(Shelf).findColumnWithPropertyName('code')!;
      /** Waits until what tables do by themselves is known again. */
      const asked = () => vi.waitFor(() => expect(textLength(code)).toBe(10), 5_000);
      return { ...app, shelves, labelled, asked, query: (sql: string) => app.dataSource.query(sql) };
    };

    it('name a row in every case they may be written in, and no other row', async () => {
      const { shelves, statements, query } = await open();
      const read = (code: string) => shelves.get(code);
      for (const code of ['abc', 'ABC', 'i']) await read(code);
      await query("UPDATE shelf SET books = 1 WHERE code = 'Abc'");
      expect((await read('abc')).books).toBe(1);
      expect((await read('ABC')).books).toBe(1);
      const { statements: asked } = await statements.during(() => read('i'));
      expect(asked).toEqual([]);
    });

    it('may be told apart by their case, so a filter that leaves one out may show another', async () => {
      const { shelves, query, asked } = await open();
      await query('ALTER TABLE shelf MODIFY label varchar(4) COLLATE utf8mb4_bin NOT NULL');
      await asked();
      const read = () => shelves.all({ where: { label: Not('i') } });
      await read();
      await query("INSERT INTO shelf (code, label) VALUES ('n', 'I')");
      expect((await read()).map(({ code }) => code)).toContain('n');
    });

    it('are not known by a collation of a language', async () => {
      const { labelled, query, asked } = await open();
      await query('ALTER TABLE shelf MODIFY label varchar(4) COLLATE utf8mb4_lithuanian_ci NOT NULL');
      await asked();
      const read = async () => (await labelled('y')).map(({ books }) => books);
      await read();
      await query("UPDATE shelf SET books = 1 WHERE label = 'i'");
      expect(await read()).toEqual([1, 1]);
    });

    it('may be stored shorter than they were given', async () => {
      const { dataSource, labelled } = await open();
      expect(await labelled('abcd')).toEqual([]);
      await onOneConnection(dataSource, "SET SESSION sql_mode = ''", [
        "INSERT INTO shelf (code, label) VALUES ('n', 'abcdef')",
      ]);
      expect(await labelled('abcd')).toHaveLength(1);
    });

    it('may be stored as NULL where they are empty', async () => {
      const { shelves, dataSource, query, asked } = await open();
      await query('ALTER TABLE shelf MODIFY label varchar(4) NULL');
      await asked();
      const read = () => shelves.all({ where: { label: '' } });
      const { length } = await read();
      await onOneConnection(dataSource, "SET SESSION sql_mode = 'EMPTY_STRING_IS_NULL'", [
        "INSERT INTO shelf (code, label) VALUES ('n', '')",
      ]);
      expect(await read()).toHaveLength(length);
      const without = () => shelves.all({ where: { label: Not('y') } });
      const before = (await without()).length;
      await query("INSERT INTO shelf (code, label) VALUES ('e', 'e')");
      const all = await without();
      expect(all).toHaveLength(before + 1);
      await onOneConnection(dataSource, "SET SESSION sql_mode = 'EMPTY_STRING_IS_NULL'", [
        "UPDATE shelf SET label = '' WHERE code = 'e'",
      ]);
      expect(await without()).toHaveLength(before);
    });

    it('in double quotes may be names', async () => {
      const { dataSource, labelled } = await open();
      await labelled('y');
      await onOneConnection(dataSource, "SET SESSION sql_mode = 'ANSI_QUOTES'", [
        'UPDATE shelf SET books = 5 WHERE label = "code"',
      ]);
      expect((await labelled('y')).map(({ books }) => books)).toEqual([5]);
    });
  },
  ['mariadb'],
);

async function onOneConnection(dataSource: DataSource, setting: string, statements: readonly string[]): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query(setting);
    for (const statement of statements) await runner.query(statement);
    await runner.query('SET SESSION sql_mode = DEFAULT');
  } finally {
    await runner.release();
  }
}

describeDatabases('a column whose texts stand for something else', (database) => {
  it('is spoken for by nobody', async () => {
    const dataSource = new DataSource({ ...(await database.options()), entities: [Shelf] } as DataSourceOptions);
    await dataSource.initialize();
    try {
      expect(columnSpelling(dataSource.getMetadata(Shelf).findColumnWithPropertyName('data')!)).toBeUndefined();
    } finally {
      await dataSource.destroy();
    }
  });
});
