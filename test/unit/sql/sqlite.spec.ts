import { expect, it } from 'vitest';
import { effectsOf } from './effect-text.js';

it.each<[sql: string, ...effects: string[]]>([
  ['INSERT INTO "post"("id", "title") VALUES (NULL, ?)', 'insert post'],
  ['INSERT OR REPLACE INTO post VALUES (?1)', 'upsert post; delete post'],
  ['INSERT OR IGNORE INTO main.post VALUES (1)', 'insert main.post'],
  ['INSERT INTO a SELECT * FROM b WHERE true ON CONFLICT (id) DO UPDATE SET x = 1', 'upsert a reads b'],
  ['REPLACE INTO post VALUES (1)', 'upsert post; delete post'],
  ['UPDATE OR IGNORE "post" SET "a" = ? WHERE "id" = 7', 'update post [id=7] set a'],
  ['UPDATE OR REPLACE post SET a = 1 WHERE id = 1', 'update post [id=1] set a; delete post'],
  ['UPDATE post SET a = 1 FROM b WHERE post.id = 1', 'update post set a reads b'],
  ['DELETE FROM [we;ird] WHERE id = -1', 'delete we;ird [id=-1]'],
  ['DELETE FROM `post` INDEXED BY i WHERE id = ?', 'delete post [id=$0]'],
  ['UPDATE a SET x = ?3, y = :name, z = ? WHERE id = ?2 OR id = ?', 'update a [id=$1|id=$5] set x,y,z'],
  ['UPDATE a SET x = :n, y = :n WHERE id = ?', 'update a [id=$1] set x,y'],
  ['UPDATE a SET x = 1 WHERE id = $id', 'update a set x'],
  ['UPDATE a SET x = 1 WHERE id = 1 AND y = returning OR true', 'update a set x'],
  ['EXPLAIN QUERY PLAN DELETE FROM a', 'read'],
  ['SELECT "a" FROM "t", [u] JOIN v ON 1 -- x\r; DELETE FROM w', 'read t,u,v'],
  ["SELECT * FROM pragma_table_info('t')", 'read'],
  ['PRAGMA foreign_keys = OFF', 'session'],
  ["ATTACH 'x' AS y", 'session'],
  ['VACUUM', 'session'],
  ['BEGIN IMMEDIATE TRANSACTION', 'begin'],
  ['END', 'commit'],
  ["SAVEPOINT 'x'", 'savepoint x'],
  [
    'CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET x = CASE 1 WHEN 1 THEN 2 END; DELETE FROM c; END; COMMIT',
    'schema',
    'commit',
  ],
  ['CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM c', 'schema'],
  ['CREATE TABLE "temporary_post" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL)', 'schema temporary_post'],
  ['ALTER TABLE "temporary_post" RENAME TO "post"', 'schema temporary_post,post'],
  ['CREATE TABLE a AS SELECT * FROM b', 'insert a reads b'],
  ['SELECT a INTO b FROM c', 'unknown'],
  ['SET x = 1', 'unknown'],
])('SQLite: reads %s', (sql, ...effects) => {
  expect(effectsOf(sql, 'sqlite')).toEqual(effects);
});
