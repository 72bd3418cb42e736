import { describe, expect, it } from 'vitest';
import { readStatements } from '../../../../lib/writes/sql/read-statements.js';
import type { SqlDialect } from '../../../../lib/writes/sql/statement-effect.js';

describe('tables read in subqueries', () => {
  it.each<[sql: string, subqueries: string]>([
    ['SELECT * FROM a, b JOIN c ON true', ''],
    ['SELECT * FROM (a JOIN b ON true) JOIN ((c JOIN d ON true)) ON (a.id = (d.id))', ''],
    ['SELECT a.*, (SELECT count(*) FROM b WHERE b.a = a.id) FROM a', 'b'],
    ['SELECT * FROM a WHERE EXISTS (SELECT 1 FROM a x JOIN b ON true)', 'a,b'],
    ['SELECT * FROM a WHERE id IN (TABLE b)', 'b'],
    ['SELECT * FROM a JOIN (SELECT * FROM b) b ON true', 'b'],
    ['SELECT * FROM (a JOIN (SELECT * FROM b) b ON true)', 'b'],
    ['WITH x AS (SELECT * FROM b) SELECT * FROM x JOIN a ON true', 'b'],
    ['WITH x AS (DELETE FROM c USING b RETURNING *) SELECT * FROM x JOIN a ON true', 'b'],
    ['SELECT coalesce((SELECT max(x) FROM b), (SELECT min(x) FROM c)) FROM a', 'b,c'],
    ['SELECT * FROM a ORDER BY (SELECT 1 FROM b)', 'b'],
    ['UPDATE a SET x = (SELECT 1 FROM b)', 'b'],
    ['UPDATE a SET x = 1 FROM b', ''],
    ['(SELECT * FROM a) UNION SELECT * FROM b', 'a'],
  ])('are told for %s', (sql, expected) => {
    const [effect] = readStatements(sql, 'postgres');
    const subqueries = effect?.kind === 'read' || effect?.kind === 'write' ? effect.subqueries : undefined;
    expect((subqueries ?? []).map(({ name }) => name).join()).toBe(expected);
  });
});

const moves = (sql: string, dialect: SqlDialect) => readStatements(sql, dialect).some((effect) => effect.moves);

describe('names that lead elsewhere afterwards', () => {
  it.each<[SqlDialect, string]>([
    ['postgres', 'SET search_path TO a'],
    ['postgres', 'SET LOCAL "search_path" = a, b'],
    ['postgres', 'RESET search_path'],
    ['postgres', 'RESET ALL'],
    ['postgres', "SET SCHEMA 'a'"],
    ['postgres', 'SET ROLE a'],
    ['postgres', 'SET SESSION AUTHORIZATION a'],
    ['postgres', 'RESET SESSION AUTHORIZATION'],
    ['postgres', 'SET U&"\\0073earch_path" TO a'],
    ['postgres', 'DISCARD ALL'],
    ['postgres', "SELECT set_config('search_path', $1, false)"],
    ['postgres', 'SELECT set_config($1, $2, false) FROM a'],
    ['postgres', "SELECT pg_catalog.set_config('search' || '_path', 'a', true)"],
    ['postgres', "UPDATE pg_settings SET setting = 'a' WHERE name LIKE 'search%'"],
    ['postgres', 'DO $$ BEGIN SET search_path TO a; END $$'],
    ['postgres', 'CREATE SCHEMA a'],
    ['postgres', 'DROP SCHEMA a CASCADE'],
    ['postgres', 'ALTER SCHEMA a RENAME TO b'],
    ['postgres', 'CREATE TEMP TABLE post (id int)'],
    ['postgres', 'SELECT * INTO TEMPORARY post FROM a'],
    ['postgres', 'SELECT temp AS x INTO TEMP post FROM weather'],
    ['postgres', 'SELECT a AS insert INTO TEMP post FROM weather'],
    ['postgres', 'WITH temp AS (SELECT 1) SELECT * INTO LOCAL TEMP TABLE post FROM temp'],
    ['postgres', 'CREATE TABLE pg_temp.post (id int)'],
    ['postgres', 'CALL p()'],
    ['mysql', 'USE `b`'],
    ['mysql', 'CREATE TEMPORARY TABLE post (id int)'],
    ['mysql', "EXECUTE IMMEDIATE 'USE b'"],
    ['sqlite', "ATTACH 'x' AS y"],
    ['sqlite', 'DETACH y'],
    ['sqlite', 'CREATE TEMP TABLE post (id int)'],
    ['sqlite', 'CREATE TABLE temp.post (id int)'],
  ])('%s: %s', (dialect, sql) => {
    expect(moves(sql, dialect)).toBe(true);
  });

  it.each<[SqlDialect, string]>([
    ['postgres', 'SET timezone TO utc'],
    ['postgres', "SET statement_timeout = '1s'"],
    ['postgres', 'SET TRANSACTION READ ONLY'],
    ['postgres', 'SELECT temp, role, "schema" FROM weather'],
    ['postgres', 'UPDATE post SET a = 1'],
    ['postgres', 'INSERT INTO temp SELECT * FROM post'],
    ['postgres', 'MERGE INTO temp USING post ON true WHEN MATCHED THEN DELETE'],
    ['postgres', 'COMMIT'],
    ['mysql', 'SET NAMES utf8mb4'],
    ['mysql', 'REPLACE INTO temp VALUES (1)'],
    ['mysql', 'LOAD DATA INFILE "f" INTO TABLE temp'],
    ['mysql', 'SELECT * FROM t USE INDEX (i)'],
    ['sqlite', 'PRAGMA foreign_keys = ON'],
    ['sqlite', 'INSERT OR IGNORE INTO temp.post VALUES (1)'],
  ])('never after %s: %s', (dialect, sql) => {
    expect(moves(sql, dialect)).toBe(false);
  });
});
