import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readStatements } from '../../../../lib/writes/sql/read-statements.js';
import type { SqlDialect } from '../../../../lib/writes/sql/statement-effect.js';

const DIALECTS: readonly SqlDialect[] = ['postgres', 'mysql', 'sqlite'];
const dialect = fc.constantFrom(...DIALECTS);

const PIECES =
  `SELECT FROM JOIN WHERE AND OR NOT IN BETWEEN CASE WHEN THEN END WITH RECURSIVE AS INSERT INTO VALUES UPDATE SET DELETE USING MERGE
  REPLACE TRUNCATE TABLE ON CONFLICT DO DUPLICATE KEY FOR RETURNING UNION ORDER BY LIMIT CREATE ALTER DROP TRIGGER FUNCTION BEGIN ATOMIC
  COMMIT ROLLBACK TO SAVEPOINT EXPLAIN ANALYZE COPY ONLY LATERAL IS DISTINCT a b "c" \`d\` [e] 'f' 1 2.5 $1 ? ?? :g @h ( ) ( ) , , . ; = < > | &
  * / - # /* */ /*! /*M! /*+ -- ' " \` $$ $x$ E' U&" \\ :: := ! ~ é \u0000`.split(/\s+/);
const soup = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join(' '));

const STATEMENTS = [
  'WITH d AS (DELETE FROM post WHERE id = $1 RETURNING *), e AS (SELECT * FROM "d") SELECT * FROM d, e WHERE x IN (1, 2)',
  'INSERT INTO `a`(`b`) VALUES (?, \'x\'), (2, "y\\"z") ON DUPLICATE KEY UPDATE b = VALUES(b) /*! , c = 1 */',
  'UPDATE OR REPLACE [t] SET "a" = $$x$$, b = E\'\\\'\' WHERE ("id" = 1 AND x BETWEEN 1 AND 2) OR (id IN (2, 3)) RETURNING id',
  'CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET x = CASE 1 WHEN 1 THEN 2 END; DELETE FROM c; END; COMMIT',
];

describe('any text', () => {
  it.each([
    ['unicode', fc.string({ unit: 'binary', maxLength: 200 })],
    ['pieces of SQL', soup],
    [
      'statements cut short',
      fc.tuple(fc.constantFrom(...STATEMENTS), fc.nat(200)).map(([sql, end]) => sql.slice(0, end)),
    ],
    [
      'statements with a hole',
      fc
        .tuple(fc.constantFrom(...STATEMENTS), fc.nat(200), fc.nat(20), soup)
        .map(([sql, at, length, filler]) => sql.slice(0, at) + filler + sql.slice(at + length)),
    ],
  ])('never throws: %s', (_what, text) => {
    fc.assert(
      fc.property(text, dialect, (sql, family) => Array.isArray(readStatements(sql, family))),
      { numRuns: 1500 },
    );
  });

  it.each([
    ['parentheses', '('],
    ['pairs of parentheses', '()'],
    ['strings', "''"],
    ['quotes', "' "],
    ['digits', '1'],
    ['digits and letters', '1a'],
    ['dollars', '$'],
    ['dollar tags', '$a$b'],
    ['nested comments', '/*'],
    ['comments', '/**/'],
    ['executable comments', '/*! a */'],
    ['backslashes', '\\'],
    ['semicolons', ';a'],
    ['changes', '(x) DELETE FROM a WHERE b '],
    ['nested changes', '(DELETE FROM a WHERE ('],
    ['common tables', 'WITH a AS (SELECT 1) SELECT * FROM a '],
    ['conditions', 'WHERE a = 1 AND ('],
    ['explanations', 'EXPLAIN ANALYZE '],
    ['settings', 'SET STATEMENT a = 1 FOR '],
    ['betweens', 'BETWEEN 1 AND '],
    ['routines', 'CREATE TRIGGER BEGIN; '],
    ['dates', "date('x', "],
    ['calls', 'now(a'],
    ['upserts', 'ON CONFLICT DO UPDATE SET a = 1, '],
  ])(
    'takes linear time: %s without end',
    (_what, piece) => {
      const half = piece.repeat(50_000 / piece.length);
      for (const family of DIALECTS) {
        for (const start of ['', 'DELETE FROM a WHERE ', 'SELECT * FROM ']) {
          expect(cpuMilliseconds(() => readStatements(start + half + half, family))).toBeLessThan(1000);
        }
      }
    },
    120_000,
  );

  it('reads a megabyte of names that hide each other in less than two seconds', () => {
    const sql = 'WITH a AS()SELECT FROM a '.repeat(40_000);
    expect(cpuMilliseconds(() => readStatements(sql, 'postgres'))).toBeLessThan(2000);
  });

  it('reads many conditions beside many alternatives in less than a second', () => {
    const alternatives = Array.from({ length: 1000 }, () => 'a = 1').join(' OR ');
    const sql = `DELETE FROM post WHERE (${alternatives}) AND ${'b = 1 AND '.repeat(20_000)} c = 1`;
    expect(cpuMilliseconds(() => readStatements(sql, 'postgres'))).toBeLessThan(1000);
  });

  it('reads an INSERT of a megabyte in less than a second', () => {
    const sql = `INSERT INTO "a" VALUES ${Array.from({ length: 40_000 }, () => "($1, 'some text', 3, now())").join()}`;
    expect(cpuMilliseconds(() => readStatements(sql, 'postgres'))).toBeLessThan(1000);
    const written = readStatements(sql, 'postgres').flatMap((effect) => (effect.kind === 'write' ? effect.writes : []));
    expect(written).toContainEqual({ table: { name: 'a' }, action: 'insert' });
  });
});

/** Not the clock on the wall: other processes may keep this one waiting. */
function cpuMilliseconds(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const WRITES: Record<SqlDialect, readonly string[]> = {
  postgres: [
    'INSERT INTO {} VALUES (1)',
    'INSERT INTO {} SELECT * FROM other ON CONFLICT DO NOTHING',
    'UPDATE {} SET a = 1 WHERE id = 2',
    'UPDATE ONLY {} AS x SET a = 1 FROM y WHERE id = 2',
    'DELETE FROM {} WHERE id IN (1)',
    'DELETE FROM {} USING y',
    'MERGE INTO {} USING y ON true WHEN MATCHED THEN DELETE',
  ],
  mysql: [
    'INSERT {} VALUES (1)',
    'REPLACE INTO {} SELECT * FROM other',
    'UPDATE IGNORE {} SET a = 1 LIMIT 1',
    'UPDATE y JOIN {} SET a = 1',
    'DELETE x FROM {} x, y',
    'DELETE FROM x USING y JOIN {} x',
    'TRUNCATE TABLE {}',
    'LOAD DATA INFILE "f" INTO TABLE {}',
  ],
  sqlite: [
    'INSERT OR IGNORE INTO {} VALUES (1)',
    'REPLACE INTO {} VALUES (1)',
    'UPDATE OR FAIL {} SET a = 1',
    'DELETE FROM {}',
  ],
};
const NAMES: Record<SqlDialect, readonly string[]> = {
  postgres: ['post', 'Post', '"post"', 's.post', 'db . "s" . post', '/* x */post'],
  mysql: ['post', '`post`', 'db.post', '`db` . post', '/*! post */'],
  sqlite: ['post', '"post"', '[post]', '`post`', 'main.post'],
};
const SPACES: Record<SqlDialect, readonly string[]> = {
  postgres: [' ', '\n\t', '/**/', ' /* /* */ */ ', "/* ' */", '--\n', '-- "\r'],
  mysql: [' ', '\n\t', '/**/', '#\n', "# '\n", '-- `\n', '/* /* */', '/*!50000 */'],
  sqlite: [' ', '\n\t', '/**/', '/* [ */', '--\n', "-- '\r\n"],
};
const BEFORE = ['', 'SELECT 1;', ';;', "SELECT ';' ;", 'COMMIT;', "SELECT 'it''s'; "];
const AFTER = ['', ';', '; SELECT 1', ';;;', '; ROLLBACK'];
const WRAPS: Record<SqlDialect, readonly string[]> = {
  postgres: [
    '{}',
    'WITH q AS ({}) SELECT * FROM q',
    'WITH q AS (SELECT 1), r AS MATERIALIZED ({} RETURNING *) TABLE r',
    'WITH q AS (SELECT 1) {}',
    'WITH RECURSIVE q(a) AS (SELECT (1)) {}',
    'EXPLAIN ANALYZE {}',
    'EXPLAIN (ANALYZE, COSTS off) {}',
    'COPY (WITH q AS ({}) SELECT 1) TO STDOUT',
    'SELECT * FROM (WITH q AS ({}) SELECT 1) x',
    'CREATE TABLE t AS WITH q AS ({}) SELECT 1',
  ],
  mysql: ['{}', 'SET STATEMENT a = 1, b = 2 FOR {}', '/*!50000 {} */', '/*M!100000 {}*/', 'SELECT 1 /*!50000 ; {} */'],
  sqlite: ['{}', 'WITH q AS (SELECT 1) {}', 'WITH RECURSIVE q(a) AS (VALUES (1)) {}'],
};

describe('a write', () => {
  it.each(DIALECTS)('is never taken for a read: %s', (family) => {
    const write = fc
      .record({
        write: fc.constantFrom(...WRITES[family]),
        name: fc.constantFrom(...NAMES[family]),
        wrap: fc.constantFrom(...WRAPS[family]),
        before: fc.constantFrom(...BEFORE),
        after: fc.constantFrom(...AFTER),
        spaces: fc.array(fc.constantFrom(...SPACES[family]), { minLength: 40, maxLength: 40 }),
        cases: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
      })
      .map(({ write, name, wrap, before, after, spaces, cases }) => {
        // Names keep their case, keywords do not.
        const text = wrap.replace('{}', write).replace(/\w+|\s+/g, (part, at: number) => {
          if (/^\s/.test(part)) return spaces[at % 40]!;
          // The M of an executable comment is no keyword.
          return cases[at % 40] && part !== 'M' ? part.toLowerCase() : part.toUpperCase();
        });
        return `${before}${text.replace('{}', name)}${after}`;
      });
    fc.assert(
      fc.property(write, (sql) => {
        const written = readStatements(sql, family).some(
          (effect) =>
            effect.kind === 'unknown' ||
            (effect.kind === 'write' && effect.writes.some(({ table }) => table.name.toLowerCase() === 'post')),
        );
        expect(written, sql).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
