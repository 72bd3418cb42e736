import { describe, expect, it } from 'vitest';
import { readStatements } from '../../../../lib/writes/sql/read-statements.js';
import type { SqlDialect } from '../../../../lib/writes/sql/statement-effect.js';

function volatileOf(sql: string, dialect: SqlDialect): (string | undefined)[] {
  return readStatements(sql, dialect).map((effect) => {
    if (effect.kind !== 'read' && effect.kind !== 'write') return effect.kind;
    return effect.volatile;
  });
}

describe.each<[SqlDialect, readonly (readonly [sql: string, volatile: string | undefined])[]]>([
  [
    'postgres',
    [
      ['SELECT * FROM a WHERE t < now()', 'now()'],
      ['SELECT * FROM a WHERE t < NOW ( ) OR random() < 1', 'NOW()'],
      ['SELECT pg_catalog.now(), "pg_catalog"."random"()', 'now()'],
      ['SELECT "pg_catalog"."random"()', 'random()'],
      ['SELECT "now"() FROM a', 'now()'],
      ["SELECT current_setting('app.tenant') FROM a", 'current_setting(...)'],
      ['SELECT a FROM t WHERE owner = CURRENT_USER', 'CURRENT_USER'],
      ['SELECT a FROM t WHERE owner = user', 'user'],
      ['SELECT a FROM t WHERE d = current_date', 'current_date'],
      ['SELECT a FROM t WHERE d = LOCALTIMESTAMP(0)', 'LOCALTIMESTAMP(...)'],
      ["SELECT a FROM t WHERE d < 'now'", "'now'"],
      ["SELECT a FROM t WHERE d < ' ToMorrow '::date", "'ToMorrow'"],
      ["SELECT a FROM t WHERE d < date 'today 10:00 UTC'", "'today'"],
      ["SELECT a FROM t WHERE d < 'now hunter2/hunter2'", "'now'"],
      ["SELECT a FROM t WHERE d < E'n\\ow'", 'a text that may spell a time'],
      ["SELECT a FROM t WHERE d < E'\\156ow'", 'a text that may spell a time'],
      ["SELECT a FROM t WHERE d < U&'n\\006fw'", 'a text that may spell a time'],
      ['SELECT a FROM t WHERE d < $x$now$x$', "'now'"],
      ["SELECT a FROM t WHERE d < 'n'\n'ow'", 'a text that may spell a time'],
      ["SELECT a FROM t WHERE d < E'n'\n'ow'", 'a text that may spell a time'],
      ['SELECT age(a) FROM t', 'age(...)'],
      ['SELECT a FROM t TABLESAMPLE system (10)', 'TABLESAMPLE'],
      ["SELECT query_to_xml('SELECT * FROM t', true, true, '')", 'query_to_xml(...)'],
      ["SELECT table_to_xmlschema('t', true, true, '')", 'table_to_xmlschema(...)'],
      ["SELECT to_regprocedure('f(int)')", 'to_regprocedure(...)'],
      ["SELECT has_table_privilege('t', 'SELECT'), 1", 'has_table_privilege(...)'],
      ['SELECT count(*) FROM pg_stat_activity', 'pg_stat_activity'],
      ['SELECT count(*) FROM information_schema.columns', 'columns'],
      ['SHOW search_path', 'SHOW'],
      ['EXPLAIN SELECT 1', 'EXPLAIN'],
      ['UPDATE a SET t = now()', 'now()'],
      ['SELECT age(a, b), pg_typeof(a), date_trunc($1, a) FROM t', undefined],
      ['SELECT now, random, t.user, t."user", t.current_date AS current_date FROM t AS user', undefined],
      ['SELECT my.now(), "my"."random"() FROM t', undefined],
      ['SELECT "now"."user", "current_date"."random" FROM "now", "current_date"', undefined],
      ['INSERT INTO "now"("id") VALUES ($1)', undefined],
      ['WITH "random"("a") AS (SELECT 1) SELECT * FROM "random"', undefined],
      ["SELECT 'do it now, please', 'todays', 'nowhere', E'a\\n' FROM t WHERE a <@ b", undefined],
      ['SELECT substring(a FROM 2), count(*), max(b), coalesce(c, 1), lower(d) FROM t', undefined],
    ],
  ],
  [
    'mysql',
    [
      ['SELECT * FROM a WHERE t < NOW(6)', 'NOW(...)'],
      ['SELECT * FROM a WHERE t < CURRENT_TIMESTAMP', 'CURRENT_TIMESTAMP'],
      ['SELECT * FROM a WHERE t < UTC_DATE', 'UTC_DATE'],
      ['SELECT * FROM a ORDER BY rand()', 'rand()'],
      ['SELECT * FROM a WHERE o = user()', 'user()'],
      ['SELECT * FROM a WHERE o = @owner', '@owner'],
      ["SELECT * FROM a WHERE o = @'my owner'", '@my owner'],
      ['SELECT * FROM a WHERE o = @@session.sql_mode', '@@session.sql_mode'],
      ['SELECT @row := @row + 1 FROM a', '@row'],
      ['SELECT NEXT VALUE FOR s', 'NEXT VALUE FOR'],
      ['SELECT unix_timestamp()', 'unix_timestamp()'],
      ['SELECT /*!50000 now() */ 1', 'now()'],
      ['SELECT unix_timestamp(a), date(a), time(a), user, now, `now`, `t`.`rand` FROM t', undefined],
      ["SELECT 'now', '@x', \"today\" FROM t", undefined],
      ['SELECT `user`.`id` AS `now` FROM `user` `user`', undefined],
    ],
  ],
  [
    'sqlite',
    [
      ["SELECT date(a), 'now'", "'now'"],
      ["SELECT 'NOW' AS t", "'NOW'"],
      ['SELECT date() FROM a', 'date()'],
      ["SELECT strftime('%s')", 'strftime(...)'],
      ['SELECT datetime("now")', 'datetime(...)'],
      ['SELECT julianday(?)', 'julianday(...)'],
      ["SELECT date(a, 'subsec')", "'subsec'"],
      ['SELECT * FROM a WHERE t < CURRENT_TIMESTAMP', 'CURRENT_TIMESTAMP'],
      ['SELECT random(), 1', 'random()'],
      ['SELECT last_insert_rowid()', 'last_insert_rowid()'],
      ['SELECT "random"() FROM a', 'random()'],
      ['SELECT * FROM sqlite_master', 'sqlite_master'],
      ['SELECT date(a), strftime(\'%Y\', a), date(a, \'+1 day\'), "now", user, "t"."date" FROM t', undefined],
      ['SELECT "date"."now" AS "date_now" FROM "date" "date" WHERE "date"."random" = ?', undefined],
    ],
  ],
])('what changes without a write, in %s', (dialect, cases) => {
  it.each(cases)('is found in %s', (sql, volatile) => {
    expect(volatileOf(sql, dialect)[0]).toBe(volatile);
  });
});
