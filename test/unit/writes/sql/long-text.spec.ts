import fc from 'fast-check';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { readStatements, readText } from '../../../../lib/writes/sql/read-statements.js';
import type { SqlDialect, StatementEffect } from '../../../../lib/writes/sql/statement-effect.js';
import type { Token } from '../../../../lib/writes/sql/token.js';
import { Tokenizer } from '../../../../lib/writes/sql/tokenizer.js';
import { ValueLists } from '../../../../lib/writes/sql/value-lists.js';
import { effectsOf, effectText } from './effect-text.js';

const times = (count: number, piece: (index: number) => string, separator = ', '): string =>
  Array.from({ length: count }, (_, index) => piece(index)).join(separator);

/** Makes any of the texts below longer than what is read token by token. */
const MANY = 10_000;

/** What a long text says, and what it is read as. Each has something at its end that a reader who stops early would miss. */
const TEXTS: [what: string, dialect: SqlDialect, sql: string, ...effects: string[]][] = [
  [
    'rows of parameters',
    'postgres',
    `INSERT INTO "post"("id", "title") VALUES ${times(MANY, (i) => `(DEFAULT, $${i + 1})`)} RETURNING "id"; COMMIT`,
    'insert post',
    'commit',
  ],
  [
    'rows of placeholders, and no row by a place behind them',
    'mysql',
    `INSERT INTO post VALUES ${times(MANY, () => '(DEFAULT, ?, ?)')}; DELETE FROM b WHERE id = ?`,
    'insert post',
    'delete b',
  ],
  [
    'rows of named and numbered placeholders',
    'sqlite',
    `INSERT INTO post VALUES ${times(MANY, (i) => `(NULL, ?${i + 1}, :a)`)}; DELETE FROM b WHERE id = ?`,
    'insert post',
    'delete b',
  ],
  [
    'rows of literals',
    'postgres',
    `INSERT INTO post VALUES ${times(MANY, (i) => `(${i}, -${i}.5, 'it''s; DELETE FROM a', E'; DELETE FROM b', $x$; DELETE FROM c$x$, '{}'::jsonb /* ; DELETE /* ' */ FROM d */)`)} ON CONFLICT ("id") DO UPDATE SET a = 1`,
    'upsert post',
  ],
  [
    'backslashes',
    'mysql',
    `INSERT INTO post VALUES ${times(MANY, (i) => `(${i}, '\\'; DELETE FROM a', "\\"; DELETE FROM b", NULL, 0xab)`)} ON DUPLICATE KEY UPDATE a = VALUES(a)`,
    'upsert post',
  ],
  [
    'rows of a common table',
    'postgres',
    `WITH v(id) AS (VALUES ${times(MANY, (i) => `(${i}, 'x')`)}), d AS (DELETE FROM other USING v RETURNING *) INSERT INTO post SELECT * FROM v, d`,
    'delete other; insert post',
  ],
  [
    'keys',
    'postgres',
    `DELETE FROM "post" WHERE "id" IN (${times(MANY, (i) => `${1_000_000 + i}`)}); BEGIN`,
    'delete post',
    'begin',
  ],
  [
    'keys of a read',
    'postgres',
    `SELECT * FROM "a" "a" LEFT JOIN "b" "b" ON true WHERE "a"."id" IN (${times(MANY, (i) => `$${i + 1}`)}) AND EXISTS (SELECT 1 FROM c)`,
    'read a,b,c',
  ],
  ['a value', 'postgres', `UPDATE post SET a = '${"it''s; ".repeat(MANY)}' WHERE id = 5`, 'update post set a'],
  ['a setting', 'postgres', `SET x = '${"it''s; ".repeat(MANY)}'; COMMIT`, 'session', 'commit'],
  ['a comment', 'mysql', `/* ${'; DELETE FROM a '.repeat(MANY)} */ DELETE FROM post`, 'delete post'],
  ['lines of comments', 'postgres', `${'-- ; DELETE FROM a\n'.repeat(MANY)}DELETE FROM post`, 'delete post'],
  [
    'executable comments',
    'mysql',
    `INSERT INTO post VALUES ${times(MANY, (i) => `(${i})`)} /*!50000 ; DELETE FROM a */`,
    'insert post',
    'delete a',
    'insert post',
  ],
  [
    'what never ends',
    'postgres',
    `INSERT INTO post VALUES ${times(MANY, (i) => `(${i})`)}; SELECT $a$ ${'x'.repeat(MANY)}`,
    'insert post',
    'unknown',
  ],
  [
    'a parenthesis too many',
    'mysql',
    `INSERT INTO post VALUES ${times(MANY, (i) => `(${i})`)}; )`,
    'insert post',
    'unknown',
  ],
];

/** Texts that are long in other ways. */
const SCRIPTS: typeof TEXTS = [
  [
    'branches of a CASE',
    'postgres',
    `UPDATE "post" SET "title" = CASE ${times(MANY, (i) => `WHEN "id" = ${i} THEN 'title ${i}'`, ' ')} END`,
    'update post set title',
  ],
  [
    'keys under OR',
    'mysql',
    `DELETE FROM post WHERE ${times(MANY, (i) => `(a = ${i} AND b = ${i})`, ' OR ')}`,
    'delete post',
  ],
  [
    'a read under OR',
    'postgres',
    `SELECT * FROM "a" JOIN s."b" ON true WHERE ${times(MANY, (i) => `("k" = $${i} AND "l" = $1)`, ' OR ')} AND EXISTS (SELECT 1 FROM c)`,
    'read a,s.b,c',
  ],
  [
    'rows of calls',
    'postgres',
    `INSERT INTO post VALUES ${times(MANY, (i) => `(${i}, now(), (SELECT max(id) FROM other))`)}`,
    'insert post reads other',
  ],
  [
    'a union',
    'sqlite',
    `INSERT INTO post ${times(MANY, (i) => `SELECT ${i} AS a, 'x' AS b`, ' UNION ALL ')} UNION ALL SELECT * FROM "other"`,
    'insert post reads other',
  ],
  [
    'a script',
    'postgres',
    `BEGIN; ${times(MANY, (i) => `INSERT INTO post VALUES (${i})`, '; ')}; DELETE FROM s.a WHERE id = 1; COMMIT; TRUNCATE b`,
    'begin',
    'insert post',
    'insert post',
    'delete s.a',
    'commit',
    'truncate b',
  ],
  [
    'a script with the same on both sides of a savepoint',
    'postgres',
    `${times(MANY, (i) => `DELETE FROM a WHERE id = ${i}`, '; ')}; ROLLBACK TO s; DELETE FROM a WHERE id = 1`,
    'delete a',
    'delete a',
    'rollback-to s',
    'delete a',
  ],
  [
    'a script with a routine',
    'sqlite',
    `${times(MANY, (i) => `INSERT INTO post VALUES (${i})`, '; ')}; CREATE TRIGGER x AFTER INSERT ON a BEGIN DELETE FROM b; END; COMMIT`,
    'insert post',
    'insert post',
    'schema',
    'commit',
  ],
  [
    'a script that ends nowhere',
    'mysql',
    `${times(MANY, (i) => `INSERT INTO post VALUES (${i})`, '; ')}; CREATE TRIGGER x AFTER INSERT ON a FOR EACH ROW BEGIN DELETE FROM b; END; COMMIT`,
    'insert post',
    'insert post',
    'schema commits',
    'unknown',
  ],
  [
    'a table in a string',
    'sqlite',
    `${times(MANY, (i) => `DELETE FROM a WHERE id = ${i}`, '; ')}; DELETE FROM 'post'`,
    'delete a',
    'delete a',
    'unknown',
  ],
  [
    'a table in a list',
    'sqlite',
    `SELECT * FROM (SELECT 1 WHERE 2), 'post' WHERE ${times(MANY, (i) => `id = ${i}`, ' OR ')}`,
    'unknown',
  ],
  [
    'a table in a parameter',
    'mysql',
    `UPDATE a, ?? SET x = CASE ${times(MANY, () => 'WHEN a = ? THEN ?', ' ')} END`,
    'unknown',
  ],
  [
    'a table in escapes',
    'postgres',
    `DELETE FROM U&"\\0061" WHERE ${times(MANY, (i) => `id = ${i}`, ' OR ')}`,
    'unknown',
  ],
  ['thousands of names', 'postgres', `SELECT ${times(MANY, (i) => `c${i}`)} FROM a`, 'read a'],
  [
    'a call among its statements',
    'postgres',
    `${times(MANY, (i) => `DELETE FROM a WHERE id = ${i}`, '; ')}; CALL p()`,
    'delete a',
    'delete a',
    'unknown',
  ],
  [
    'comments some servers run',
    'mysql',
    `${times(MANY, (i) => `DELETE FROM a WHERE id = ${i}`, '; ')}; /*! DELETE FROM b */`,
    'delete a',
    'delete a',
    'delete b',
    'delete a',
    'delete a',
  ],
  [
    'more than anybody keeps in memory',
    'mysql',
    `DELETE FROM a; ${times(600_000, () => '+', '')}; COMMIT`,
    'delete a',
    'unknown',
  ],
];

describe('a long text', () => {
  it.each([...TEXTS, ...SCRIPTS])('is read to its end: %s', (_what, dialect, sql, ...effects) => {
    expect(sql.length).toBeGreaterThan(65_536);
    expect(effectsOf(sql, dialect)).toEqual(effects);
  });

  it.each(TEXTS)('is read in few tokens: %s', (_what, dialect, sql) => {
    const tokens: Token[] = [];
    const [tokenizer, lists] = [new Tokenizer(sql, dialect), new ValueLists(tokens, dialect)];
    let most = 0;
    for (let token = tokenizer.next(); token; token = tokenizer.next()) {
      tokens.push(token);
      lists.follow(token);
      most = Math.max(most, tokens.length);
    }
    expect(most).toBeLessThan(100);
  });

  it.each(['NULL', '1', '$1', "'a'", "'a'::text"])(
    'sees a string in two pieces among many values behind %s',
    (first) => {
      const values = times(MANY, (i) => `${i}`);
      expect(
        readStatements(`SELECT * FROM a WHERE x IN (${first}, ${values}, 'n'\n'ow', ${values})`, 'postgres'),
      ).toEqual([{ kind: 'read', tables: [{ name: 'a' }], volatile: 'a text that may spell a time' }]);
    },
  );

  it.each([
    ['a time', "'now'", "'now'"],
    ['an escaped time', "E'n\\157w'", 'a text that may spell a time'],
    ['a function', 'now()', 'now()'],
    ['a quoted time', '$$now$$', "'now'"],
    ['a string in two pieces', "'n'\n'ow'", 'a text that may spell a time'],
    ['no time', "'what do you know, or tomorrow'", undefined],
  ])('is volatile where one value of many is: %s', (_what, value, volatile) => {
    const values = times(MANY, (i) => `'value ${i}'`);
    expect(readStatements(`SELECT * FROM a WHERE x IN (${values}, ${value}, ${values})`, 'postgres')).toEqual([
      { kind: 'read', tables: [{ name: 'a' }], ...(volatile && { volatile }) },
    ]);
    const branches = times(MANY, (i) => `x = 'value ${i}'`, ' OR ');
    const [read] = readStatements(`SELECT * FROM a WHERE ${branches} OR x = ${value} OR ${branches}`, 'postgres');
    expect(read?.kind === 'read' && read.volatile !== undefined).toBe(volatile !== undefined);
  });

  it.each(['CURRENT_USER', 'pg_backend_pid()', '(SELECT 1 FROM pg_class)', "U& '\\0061'"])(
    'is volatile where it mentions %s',
    (value) => {
      const branches = times(MANY, (i) => `x = ${i}`, ' OR ');
      const [read] = readStatements(`SELECT * FROM a WHERE ${branches} OR x = ${value}`, 'postgres');
      expect(read?.kind === 'read' && read.volatile).toBeTruthy();
    },
  );

  it('moves names where one value of many does', () => {
    const sql = (value: string) =>
      `UPDATE post SET a = CASE ${times(MANY, (i) => `WHEN b = ${i} THEN 'x'`, ' ')} WHEN b = 0 THEN '${value}' END`;
    expect(readStatements(sql('search_path'), 'postgres')[0]?.moves).toBe(true);
    expect(readStatements(sql('a path'), 'postgres')[0]?.moves).toBeUndefined();
    const long = `SELECT set_config('search' || '_path', $1, '${'x'.repeat(MANY * 10)}')`;
    expect(readStatements(long, 'postgres')[0]?.moves).toBe(true);
    expect(readStatements(`SELECT f('${'x'.repeat(MANY * 10)} search_path')`, 'postgres')[0]?.moves).toBe(true);
  });

  it('keeps every argument a date may be told by', () => {
    const sql = `SELECT date('2020-01-01', (1), (?)) FROM a WHERE id IN (${times(MANY, (i) => `${i + 100_000}`)})`;
    expect(readStatements(sql, 'sqlite')[0]).toMatchObject({ kind: 'read', volatile: 'date(...)' });
  });

  it('takes ten times as long for ten times as much, five megabytes of it', () => {
    const best = (rows: number) => {
      const sql = `INSERT INTO "a" VALUES ${times(rows, () => "($1, 'some text', 3, NULL)")}`;
      // Of some: collecting garbage counts as ours, too, and a text that was read is remembered.
      const read = (n: number) => cpuMilliseconds(() => readStatements(sql + ' '.repeat(n), 'postgres'));
      return Math.min(...[1, 2, 3, 4].map(read));
    };
    best(20_000);
    expect(best(200_000) / best(20_000)).toBeLessThan(40);
  });

  it('is not kept by what is known of it', () => {
    const reading = (i: number) => [
      readStatements(
        `INSERT INTO a_long_name_of_a_table_${i} VALUES ${times(MANY, () => "($1, 'some text')")}`,
        'postgres',
      ),
      readStatements(
        `DELETE FROM a_long_name_of_a_table_${i} WHERE ${times(MANY, () => 'a = $1 AND b = $2', ' OR ')}`,
        'postgres',
      ),
      readStatements(
        `${times(MANY, () => 'DELETE FROM a', ';')}; SAVEPOINT a_long_name_of_a_savepoint_${i}`,
        'postgres',
      ),
    ];
    reading(-1);
    const before = heapUsed();
    const kept = Array.from({ length: 10 }, (_, i) => reading(i));
    expect(kept).toHaveLength(10);
    expect((heapUsed() - before) / 10).toBeLessThan(50_000);
  });
});

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;

function heapUsed(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** Not the clock on the wall: other processes may keep this one waiting. */
function cpuMilliseconds(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const value = fc.constantFrom(
  '1',
  '-2',
  '2.5',
  "'a'",
  "'it''s'",
  '$1',
  '?',
  'NULL',
  'DEFAULT',
  'TRUE',
  "E'\\''",
  '$$;$$',
  '"q"',
  'now()',
  "'now'",
  'f(1, (2))',
  "'x'::text",
  '(SELECT x FROM sub)',
  '`b`',
  '[c]',
  "'search_path'",
  '/* ( */ 3',
  'a.b',
  '@v',
  ':n',
  '(1)',
);
const row = fc.array(value, { minLength: 1, maxLength: 12 }).map((values) => `(${values.join(', ')})`);
const rows = fc
  .tuple(fc.array(row, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 40 }))
  .map(([shapes, count]) => times(count, (i) => shapes[i % shapes.length]!));
const list = fc
  .tuple(fc.array(value, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 40 }))
  .map(([values, count]) => times(count, (i) => values[i % values.length]!));
const condition = fc.oneof(
  fc.tuple(value, fc.integer({ min: 1, max: 30 })).map(([one, count]) => times(count, () => `id = ${one}`, ' OR ')),
  fc
    .tuple(value, value, fc.integer({ min: 1, max: 30 }))
    .map(([a, b, count]) => times(count, () => `(id = ${a} AND k = ${b})`, ' OR ')),
  list.map((values) => `id IN (${values})`),
  fc.tuple(list, value).map(([values, one]) => `id = ${one} AND x IN (${values}) AND EXISTS (SELECT 1 FROM sub)`),
);
const cases = fc
  .tuple(value, value, fc.integer({ min: 1, max: 30 }))
  .map(([a, b, count]) => `CASE ${times(count, () => `WHEN id = ${a} THEN ${b}`, ' ')} END`);
const statement = fc.oneof(
  rows.map((all) => `INSERT INTO t1 (a, b) VALUES ${all}`),
  rows.map((all) => `INSERT INTO t2 VALUES ${all} ON CONFLICT (id) DO UPDATE SET a = 1, b = 2`),
  rows.map((all) => `REPLACE INTO t3 VALUES ${all}`),
  rows.map((all) => `WITH v AS (VALUES ${all}), d AS (DELETE FROM t4 WHERE id = 1 RETURNING *) SELECT * FROM v, t5`),
  fc.tuple(cases, condition).map(([set, where]) => `UPDATE t1 SET a = ${set}, b = 1 WHERE ${where}`),
  condition.map((where) => `DELETE FROM t2 WHERE ${where}`),
  condition.map((where) => `SELECT * FROM t3 JOIN (SELECT * FROM t4) x ON true WHERE ${where}`),
  fc
    .tuple(list, fc.integer({ min: 1, max: 20 }))
    .map(([values, count]) => `INSERT INTO t1 ${times(count, () => `SELECT ${values} FROM t2, t3`, ' UNION ALL ')}`),
  rows.map((all) => `UPDATE t4 SET a = v.a FROM (VALUES ${all}) AS v(a), t5 WHERE t4.id = v.id`),
  fc.constantFrom(
    'BEGIN',
    'COMMIT',
    'SAVEPOINT s',
    'RELEASE s',
    'ROLLBACK TO s',
    'CREATE TABLE t1 (a int)',
    'TRUNCATE t2',
    'CALL p()',
    "SET search_path TO 'a'",
    ')',
    '/*! DELETE FROM t6 */',
    '(',
    'CREATE TRIGGER x AFTER INSERT ON t1 BEGIN DELETE FROM t2; END',
    "SELECT 'open",
  ),
);
const script = fc
  .array(fc.tuple(statement, fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.map(([sql, count]) => times(count, () => sql, '; ')).join(';\n'));

describe('what is read of a long text', () => {
  it.each(['postgres', 'mysql', 'sqlite'] as const)(
    'is what is read of a short one, but for its rows: %s',
    (dialect) => {
      fc.assert(
        fc.property(script, (sql) => {
          const [long, short] = [readText(sql, dialect, true), readText(sql, dialect, false)];
          expect(saidByParts(long), sql).toEqual(saidByParts(short));
          // Lists within lists are read of a short one alone.
          expect(toldOf(short), sql).toEqual(expect.arrayContaining(toldOf(long)));
        }),
        { numRuns: 1000 },
      );
    },
  );
});

const OF_ROWS = ['rows', 'inserted', 'values', 'isTold'];

/** What is said, each thing once, between one word on transactions and the next. */
function saidByParts(effects: readonly StatementEffect[]): string[][] {
  const parts = [new Set<string>()];
  for (const effect of effects) {
    if (effect.kind === 'transaction') parts.push(new Set());
    parts.at(-1)!.add(JSON.stringify(effect, (key, value: unknown) => (OF_ROWS.includes(key) ? undefined : value)));
  }
  return parts.map((part) => [...part]);
}

describe('what is left out of a long text', () => {
  const keys = times(MANY, (i) => `${100_000 + i}`);

  it.each<[string, SqlDialect, string, RegExp]>([
    [
      'a comment without a word',
      'mysql',
      `#\n# nightly\n#\nUPDATE post SET a = 1 WHERE id IN (${keys})`,
      /update post/,
    ],
    [
      'the same behind a statement',
      'mysql',
      `INSERT INTO a VALUES ${times(MANY, (i) => `(${i})`)};#\nCOMMIT;\n DELETE FROM c`,
      /commit.*delete c/s,
    ],
    [
      'the same, where it stays long',
      'mysql',
      `#\nDELETE FROM post WHERE ${times(MANY, (i) => `id = ${i}`, ' OR ')}`,
      /delete post/,
    ],
    [
      'a comment behind two signs',
      'mysql',
      `INSERT INTO a VALUES ${times(MANY, (i) => `(${i})`)}; UPDATE b SET x = 5--/*c*/1; DELETE FROM post`,
      /update b.*delete post/s,
    ],
    [
      'a value before a word',
      'postgres',
      `SELECT 1 FROM a WHERE (a, b, c) IN (SELECT 1,NULL,'x'FROM t) AND id IN (${keys})`,
      /\bt\b/,
    ],
    [
      'a placeholder before a word',
      'sqlite',
      `SELECT 1 FROM a WHERE (a, b, c) IN (SELECT 1,:a,'x'FROM t) AND id IN (${keys})`,
      /\bt\b/,
    ],
    ['what only begins like a number', 'mysql', `UPDATE b, (0xga), (0xgb) SET b.x = 1 WHERE id IN (${keys})`, /0xgb/],
    [
      'a table with the name of a value',
      'sqlite',
      `SELECT 1 FROM a WHERE x IN (SELECT 1 FROM b, true, false) AND id IN (${keys})`,
      /false/,
    ],
  ])('takes nothing along: %s', (_, dialect, sql, expected) => {
    expect(sql.length).toBeGreaterThan(65_536);
    expect(readStatements(sql, dialect).map(effectText).join('; ')).toMatch(expected);
  });

  it('pins no more columns than tell rows apart', () => {
    const sql = `DELETE FROM a WHERE id IN (${times(1_000, String)}) AND ${times(200, (i) => `c${i} = 1`, ' AND ')}`;
    const [effect] = readStatements(sql, 'postgres');
    const [change] = effect?.kind === 'write' ? effect.writes : [];
    const alternatives = change?.rows?.alternatives ?? [];
    expect(alternatives).toHaveLength(1_000);
    expect(Math.max(...alternatives.map(({ size }) => size))).toBeLessThanOrEqual(16);
  });
});

/** The writes that tell all they do. */
function toldOf(effects: readonly StatementEffect[]): string[] {
  const writes = effects.flatMap((effect) => (effect.kind === 'write' ? effect.writes : []));
  const told = writes
    .filter(({ isTold }) => isTold)
    .map(({ table, action, assigned }) => ({ table, action, assigned }));
  return [...new Set(told.map((each) => JSON.stringify(each)))];
}
