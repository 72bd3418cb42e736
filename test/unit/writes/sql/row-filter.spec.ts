import { describe, expect, it } from 'vitest';
import { readStatements } from '../../../../lib/writes/sql/read-statements.js';
import type { SqlDialect } from '../../../../lib/writes/sql/statement-effect.js';
import { rowsText } from './effect-text.js';

function rowsOf(where: string, dialect: SqlDialect): string | undefined {
  const [effect] = readStatements(`DELETE FROM post WHERE ${where}`, dialect);
  const rows = effect?.kind === 'write' ? effect.writes[0]?.rows : undefined;
  return rows && rowsText(rows);
}

describe('the rows of a WHERE', () => {
  it.each([
    ['"id" = $1', 'id=$0'],
    ['"id"=1', 'id=1'],
    ["id = 'it''s'", 'id="it\'s"'],
    ['id = -5', 'id=-5'],
    ['"id" IN ($1, $2, 3)', 'id=$0|id=$1|id=3'],
    ['("id" = $1)', 'id=$0'],
    ['((("id" = $1)) OR ("id" = $2))', 'id=$0|id=$1'],
    ['"a" = $1 AND "b" = $2', 'a=$0&b=$1'],
    ['("a" = $1 AND "b" = $2) OR ("a" = $3 AND "b" = $4)', 'a=$0&b=$1|a=$2&b=$3'],
    ['a = 1 AND b IN (2, 3)', 'a=1&b=2|a=1&b=3'],
    ['"post"."id" = $1 AND "deletedAt" IS NULL', 'id=$0'],
    ['"s"."post"."Id" = $1', 'Id=$0'],
    ['id = 1 AND x > 2 AND y LIKE $1 AND NOT z', 'id=1'],
    ['id = 1 AND (x = 2 OR y > 3)', 'id=1'],
    ['id = 1 AND x BETWEEN 1 AND 2', 'id=1'],
    ['x BETWEEN 1 AND 2 AND id = 1', 'id=1'],
    ['id = 1 AND x = 2 OR id = 3', 'id=1&x=2|id=3'],
    ['id = 1 AND id = 2', 'id=2'],
    ['id = 1 AND x IN (SELECT y FROM z)', 'id=1'],
    ['id = 1 AND id', 'id=1'],
    ['id = 1 ORDER BY x LIMIT 1', 'id=1'],
  ])('are pinned by %s', (where, rows) => {
    expect(rowsOf(where, 'postgres')).toBe(rows);
  });

  it.each([
    'id = $1 OR true',
    'id = $1 OR x > 2',
    'id = $1 OR',
    '(id = $1) = false',
    '(id = $1 AND x) = false',
    '(id = $1) IS NOT TRUE',
    'NOT id = $1',
    'NOT (id = $1)',
    'id = $1 + 1',
    'id = $1::int',
    'id = $1 COLLATE "C"',
    'id = $1 IS TRUE',
    'id = "other"',
    'id = other',
    'id = f($1)',
    'id = (SELECT 1)',
    'id = ANY($1)',
    'id = a = b',
    "id = 'a' 'b'",
    "id = E'a'",
    "id = x'00'",
    'id = NULL',
    'id = 1.5',
    'id = 99999999999999999999',
    'id != 1',
    'id <> 1',
    'id <= 1',
    'id >= 1',
    'id @> 1',
    'id =@ 1',
    'id IN ()',
    'id IN (1, x)',
    'id IN (SELECT 1)',
    'id IN (1) = false',
    'id NOT IN (1)',
    'id IS NOT DISTINCT FROM 1',
    'x BETWEEN 1 AND id = 1',
    'x BETWEEN SYMMETRIC 1 AND id = 1 AND true',
    '(SELECT false FROM x WHERE y AND id = 1)',
    '(TABLE x)',
    'EXISTS (SELECT 1 WHERE id = 1)',
    'CASE WHEN id = 1 THEN a AND id = 2 AND b END',
    'lower(id) = $1',
    '1 = id',
    '$1 = 1',
    'user = $1',
    'current_user = $1',
    'true = $1',
    '(a, id) = (1, 2)',
    '(a AND id = 1, b)',
    "'id' = 1",
    'id = $0',
    'true',
    '0=1',
    `${'('.repeat(50)}id = 1${')'.repeat(50)}`,
  ])('are unknown for %s', (where) => {
    expect(rowsOf(where, 'postgres')).toBeUndefined();
  });

  it.each([
    ['id = ? || true'],
    ['id = ? && x = 1'],
    ['id = ? XOR true'],
    ['x XOR y AND id = ?'],
    ['x || y AND id = ?'],
    ['id <=> ?'],
    ['id = 1 := 2'],
    ['@id = 1'],
    ['"id" = 1'],
    ['! id = 1'],
    ["id = 'a\\'b'"],
    ["id = _utf8'a'"],
    ['id = 0x1'],
    ['id = 1e1'],
    ['id = ??'],
  ])('are unknown in MySQL for %s', (where) => {
    expect(rowsOf(where, 'mysql')).toBeUndefined();
  });

  it('are not multiplied without end', () => {
    const list = `(${Array.from({ length: 2000 }, (_, index) => index).join()})`;
    expect(rowsOf(`a IN ${list} AND b IN ${list}`, 'sqlite')?.split('|')).toHaveLength(2000);
  });
});
