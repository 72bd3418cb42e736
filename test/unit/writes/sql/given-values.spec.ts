import { describe, expect, it } from 'vitest';
import { readStatements } from '../../../../lib/writes/sql/read-statements.js';
import type { GivenValue, GivenValues, SqlDialect, TableChange } from '../../../../lib/writes/sql/statement-effect.js';

function changeOf(sql: string, dialect: SqlDialect): TableChange | undefined {
  const [effect] = readStatements(sql, dialect);
  return effect?.kind === 'write' ? effect.writes[0] : undefined;
}

function text(values: GivenValues): string {
  return [...values].map(([column, given]) => `${column}=${givenText(given)}`).join('&');
}

function givenText(given: GivenValue): string {
  if ('isNow' in given) return 'now';
  if ('isDefault' in given) return 'default';
  return 'parameter' in given ? `$${given.parameter}` : JSON.stringify(given.literal);
}

/** What a text tells of values, in one line; `unknown` where it does not tell all it does. */
function told(sql: string, dialect: SqlDialect): string {
  const change = changeOf(sql, dialect);
  if (!change?.isTold) return 'unknown';
  const { inserted, assigned, values } = change;
  const rows = inserted?.map(text).join('|') ?? 'many';
  if (change.action === 'insert') return rows;
  if (change.conflict) {
    const { rows: met, assigned: set, values: now } = change.conflict;
    return `${rows}; where ${met?.map(text).join('|') ?? 'any'} set ${set.join()}: ${text(now)}`;
  }
  return change.action === 'update' ? `${assigned?.join()}: ${text(values!)}` : 'delete';
}

describe('what an INSERT says of its rows', () => {
  it.each<[SqlDialect, string, string]>([
    ['postgres', 'INSERT INTO "t"("a", "b") VALUES ($1, DEFAULT) RETURNING "id"', 'a=$0&b=default'],
    ['postgres', 'INSERT INTO t (a, B, "C") VALUES ($2, NULL, TRUE)', 'a=$1&b=null&C=true'],
    ['postgres', `INSERT INTO t("values", "b") VALUES ('it''s', -5)`, 'values="it\'s"&b=-5'],
    ['postgres', "INSERT INTO t(a, b) VALUES ('fo\\157', 'foo')", 'b="foo"'],
    ['postgres', 'INSERT INTO t(a, b) VALUES ($1, f($2, (3))), ($3, 4)', 'a=$0|a=$2&b=4'],
    ['postgres', 'INSERT INTO t(a, b) VALUES ($1::int, now()), ((1), $1)', '|b=$0'],
    ['postgres', 'INSERT INTO t(a, a, b) VALUES (1, 2, 3)', 'b=3'],
    ['postgres', `INSERT INTO t /* (x) VALUES (1) */ (a) VALUES -- (2)\n (3)`, 'a=3'],
    ['mysql', "INSERT INTO `d`.`t`(`A`, `b`) VALUES (?, ?), (DEFAULT, 'x\\n')", 'a=$0&b=$1|a=default'],
    ['mysql', 'INSERT INTO t(a, b) VALUES (TRUE, false)', 'a=true&b=false'],
    ['sqlite', 'INSERT INTO "t"("a", "B") VALUES (?2, ?1)', 'a=$1&b=$0'],
    ['sqlite', 'INSERT INTO t(a, b) VALUES (true, 1)', 'b=1'],
    ['postgres', 'INSERT INTO "t" AS "T"("a") VALUES ($1)', 'a=$0'],
    [
      'postgres',
      'INSERT INTO t(a, b, c) VALUES (CURRENT_TIMESTAMP, current_timestamp(6), CURRENT_TIMESTAMP + x)',
      'a=now&b=now',
    ],
    ['postgres', 'INSERT INTO t(a) VALUES (1) ON CONFLICT DO NOTHING', 'a=1'],
    ['postgres', 'INSERT INTO t(a) VALUES (1) ON CONFLICT (a) WHERE b > 2 DO NOTHING RETURNING id', 'a=1'],
    ['mysql', 'INSERT IGNORE INTO t(a) VALUES (1)', 'a=1'],
    ['mysql', 'INSERT INTO t SET A = 1, b = DEFAULT', 'a=1&b=default'],
    ['sqlite', 'INSERT OR IGNORE INTO t(a) VALUES (1)', 'a=1'],
  ])('%s: %s', (dialect, sql, expected) => {
    expect(told(sql, dialect)).toBe(expected);
  });

  it('is left out when they are too many', () => {
    const rows = (count: number) => `INSERT INTO t(a) VALUES ${Array.from({ length: count }, () => '(1)').join()}`;
    expect(told(rows(50), 'postgres').split('|')).toHaveLength(50);
    expect(told(rows(51), 'postgres')).toBe('many');
  });

  it.each<[SqlDialect, string]>([
    ['postgres', 'INSERT INTO t VALUES (1, 2)'],
    ['postgres', 'INSERT INTO t DEFAULT VALUES'],
    ['postgres', 'INSERT INTO t(a) SELECT 1'],
    ['postgres', 'INSERT INTO t(a) VALUES (1) ON CONFLICT (a) DO UPDATE SET (a, b) = (2, 3)'],
    ['postgres', 'INSERT INTO t(a) VALUES (1) ON CONFLICT (a) DO SELECT'],
    ['sqlite', 'INSERT INTO t(a) VALUES (1) ON CONFLICT (a) DO NOTHING ON CONFLICT (b) DO UPDATE SET c = 2'],
    ['sqlite', 'INSERT INTO t(a) VALUES (1) ON CONFLICT (a) DO UPDATE SET c = 2 ON CONFLICT (b) DO NOTHING'],
    ['sqlite', 'INSERT OR REPLACE INTO t(a) VALUES (1) ON CONFLICT (a) DO NOTHING'],
    ['sqlite', 'INSERT OR FAIL INTO t(a) VALUES (1)'],
    ['mysql', 'INSERT IGNORE INTO t(a) VALUES (1) ON DUPLICATE KEY UPDATE a = 2'],
    ['mysql', 'INSERT DELAYED INTO t(a) VALUES (1)'],
    ['mysql', 'INSERT INTO t(a) VALUES (1) ON DUPLICATE KEY UPDATE a = 2 RETURNING a'],
    ['mysql', 'INSERT INTO t(a) VALUES (1) ON DUPLICATE KEY UPDATE a = VALUES(a), returning = 3'],
    ['postgres', 'INSERT INTO t(a) OVERRIDING USER VALUE VALUES (1)'],
    ['postgres', 'INSERT INTO t(a, b) VALUES (ARRAY[1, 2], 3)'],
    ['postgres', 'INSERT INTO t(a[1], b) VALUES (1, 2)'],
    ['postgres', 'INSERT INTO t(a) VALUES (1) UNION SELECT 2'],
    ['mysql', 'INSERT INTO t(a) VALUES (1) AS n ON DUPLICATE KEY UPDATE a = 2'],
    ['mysql', 'INSERT INTO t SET a = 1 ON DUPLICATE KEY UPDATE a = 2'],
    ['mysql', 'INSERT INTO t SET a = 1 AS n ON DUPLICATE KEY UPDATE a = 2'],
    ['mysql', 'INSERT INTO t(a) VALUES ?'],
    ['mysql', 'INSERT INTO t() VALUES ()'],
    ['mysql', 'REPLACE INTO t(a) VALUES (1)'],
    ['sqlite', 'INSERT OR REPLACE INTO t(a) VALUES (1)'],
    ['sqlite', 'INSERT INTO t(rowid, a) VALUES (1, 2)'],
  ])('is nothing where it may do more: %s, %s', (dialect, sql) => {
    expect(told(sql, dialect)).toBe('unknown');
  });
});

describe('what an upsert says of its rows, and of those in their way', () => {
  it.each<[SqlDialect, string, string]>([
    [
      'postgres',
      'INSERT INTO "t"("a", "b") VALUES ($1, $2) ON CONFLICT ( "a" ) DO UPDATE SET "b" = EXCLUDED."b" RETURNING "id"',
      'a=$0&b=$1; where a=$0 set b: b=$1',
    ],
    [
      'postgres',
      'INSERT INTO t(a, b) VALUES (1, 2), (3, 4) ON CONFLICT (a) DO UPDATE SET b = EXCLUDED.b',
      'a=1&b=2|a=3&b=4; where a=1|a=3 set b: ',
    ],
    [
      'postgres',
      'INSERT INTO t(a, b) VALUES (1, 2) ON CONFLICT (a, c) WHERE d DO UPDATE SET b = EXCLUDED.a, c = t.c + 1 WHERE t.b > 3',
      'a=1&b=2; where a=1 set b,c: ',
    ],
    ['postgres', 'INSERT INTO t(a) VALUES (1) ON CONFLICT (c) DO UPDATE SET b = 5', 'a=1; where  set b: b=5'],
    ['postgres', 'INSERT INTO t(a) VALUES (1) ON CONFLICT (lower(a)) DO UPDATE SET b = 5', 'a=1; where any set b: b=5'],
    [
      'postgres',
      'INSERT INTO t(a) VALUES (1) ON CONFLICT (a COLLATE x) DO UPDATE SET b = 5',
      'a=1; where any set b: b=5',
    ],
    [
      'postgres',
      'INSERT INTO t(a) VALUES (1) ON CONFLICT ON CONSTRAINT u DO UPDATE SET b = 5',
      'a=1; where any set b: b=5',
    ],
    [
      'sqlite',
      'INSERT INTO t(a, B) VALUES (1, 2) ON CONFLICT (A) DO UPDATE SET b = excluded.b',
      'a=1&b=2; where a=1 set b: b=2',
    ],
    [
      'mysql',
      'INSERT INTO t(a, b) VALUES (?, ?) ON DUPLICATE KEY UPDATE b = VALUES(b), c = VALUES(a)',
      'a=$0&b=$1; where any set b,c: b=$1',
    ],
  ])('%s: %s', (dialect, sql, expected) => {
    expect(told(sql, dialect)).toBe(expected);
  });
});

describe('what an UPDATE says of its values', () => {
  it.each<[SqlDialect, string, string]>([
    ['postgres', 'UPDATE "t" SET "a" = $1, "b" = "b" + 1, "c" = NOW() WHERE "id" IN ($2)', 'a,b,c: a=$0'],
    ['postgres', 'UPDATE ONLY t AS x SET a = NULL, b = $1 FROM u WHERE t.id = u.id', 'a,b: a=null&b=$0'],
    ['postgres', 'UPDATE t SET a = 1, a = 2, b = 3', 'a,a,b: b=3'],
    ['postgres', 'UPDATE t SET c.f = 1, d[1] = 2, b = 3', 'c,d,b: '],
    ['postgres', 'UPDATE t SET a = ARRAY[x, b = 2, c = 3]', 'a,b,c: '],
    ['postgres', 'UPDATE t SET a = b IS DISTINCT FROM c, d = 5 WHERE id = 1', 'a,d: d=5'],
    ['postgres', 'UPDATE t SET a = 1 RETURNING a', 'a: a=1'],
    ['mysql', "UPDATE `t` SET `t`.`A` = ?, `b` = 'x' ORDER BY b LIMIT 1", 'A,b: a=$0&b="x"'],
    // A name, under ANSI_QUOTES.
    ['mysql', 'UPDATE t SET a = 1, b = "x"', 'a,b: a=1'],
    ['mysql', 'UPDATE t SET b = a, A = 1, a = 2', 'b,A,a: '],
    ['sqlite', 'UPDATE t SET a = ?, b = datetime(1, 2), c = other', 'a,b,c: a=$0'],
  ])('%s: %s', (dialect, sql, expected) => {
    expect(told(sql, dialect)).toBe(expected);
  });

  it.each<[SqlDialect, string]>([
    ['postgres', 'UPDATE t SET (a, b) = (1, 2)'],
    ['mysql', 'UPDATE t, u SET t.a = 1'],
    ['mysql', 'UPDATE t JOIN u ON t.id = u.id SET t.a = 1'],
    ['mysql', 'UPDATE IGNORE t SET a = 1'],
    ['mysql', 'UPDATE t FOR PORTION OF p FROM 1 TO 2 SET a = 1'],
    ['mysql', 'UPDATE t PARTITION (p) SET a = 1'],
    ['mysql', 'UPDATE t SET ?'],
    ['mysql', 'UPDATE t SET a = 2 + returning, b = 1 + returning, c = 5'],
    ['sqlite', 'UPDATE OR REPLACE t SET a = 1'],
    ['sqlite', 'UPDATE t SET rowid = 1'],
  ])('is nothing where it may do more: %s, %s', (dialect, sql) => {
    expect(told(sql, dialect)).toBe('unknown');
  });
});

describe('a DELETE', () => {
  it.each<[SqlDialect, string]>([
    ['postgres', 'DELETE FROM "t" WHERE "id" = $1'],
    ['postgres', 'DELETE FROM t'],
    ['postgres', 'DELETE FROM ONLY t x RETURNING id'],
    ['mysql', 'DELETE FROM t ORDER BY a LIMIT 1'],
  ])('tells all it does: %s, %s', (dialect, sql) => {
    expect(told(sql, dialect)).toBe('delete');
  });

  it.each<[SqlDialect, string]>([
    ['postgres', 'DELETE FROM t USING u WHERE t.id = u.id'],
    ['mysql', 'DELETE t FROM t JOIN u ON t.id = u.id'],
    ['mysql', 'DELETE FROM t USING t JOIN u ON t.id = u.id'],
    ['mysql', 'DELETE IGNORE FROM t WHERE id = 1'],
    ['mysql', 'DELETE FROM t FOR PORTION OF p FROM 1 TO 2 WHERE id = 1'],
  ])('may do more: %s, %s', (dialect, sql) => {
    expect(told(sql, dialect)).toBe('unknown');
  });
});
