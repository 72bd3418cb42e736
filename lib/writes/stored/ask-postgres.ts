import type { DataSource, QueryRunner } from 'typeorm';
import { type ColumnPair, deleteAction } from './foreign-keys.js';
import { namesOf, type StoredTable, type StoredTables } from './stored-tables.js';

/**
 * With views and foreign tables, which may be mapped as tables. One that has partitions or others that inherit from it is not plain, and a
 * unique index of it does not know what is in those that inherit.
 */
const QUESTION = `
  SELECT
    (SELECT coalesce(json_agg(json_build_object(
      'schema', n.nspname, 'name', c.relname, 'id', c.oid::text,
      'isPlain', c.relkind = 'r'
        AND NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D')
        AND NOT EXISTS (SELECT 1 FROM pg_rewrite r WHERE r.ev_class = c.oid)
        AND NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = c.oid OR i.inhparent = c.oid)
        AND NOT EXISTS (SELECT 1 FROM pg_attribute a JOIN pg_collation l ON l.oid = a.attcollation
          WHERE NOT l.collisdeterministic
            AND (a.attrelid = c.oid OR a.attrelid IN (SELECT x.indexrelid FROM pg_index x WHERE x.indrelid = c.oid))),
      'columns', (SELECT coalesce(json_agg(json_build_object(
          'name', a.attname,
          'type', CASE WHEN b.typtype = 'e' THEN 'enum' ELSE b.typname END,
          'isCollated', coalesce(NOT l.collisdeterministic, false),
          'isComputed', a.attgenerated <> '',
          'isNullByDefault', NOT a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND t.typtype <> 'd')), '[]')
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
          JOIN pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
          LEFT JOIN pg_collation l ON l.oid = a.attcollation
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
      'keys', (SELECT coalesce(json_agg(ARRAY(SELECT a.attname FROM unnest(x.indkey::int2[]) WITH ORDINALITY k(number, place)
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number WHERE k.place <= x.indnkeyatts)), '[]')
        FROM pg_index x WHERE x.indrelid = c.oid AND x.indisunique AND x.indisvalid AND x.indpred IS NULL AND x.indexprs IS NULL
          AND (c.relkind = 'p' OR NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhparent = c.oid))))), '[]')
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND lower(c.relname) = ANY ($1::text[])) AS "tables",
    (SELECT coalesce(json_agg(json_build_object(
      'child', k.conrelid::text, 'parent', k.confrelid::text, 'onDelete', k.confdeltype, 'onUpdate', k.confupdtype,
      'own', ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY c(number, place)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.number ORDER BY c.place),
      'referenced', ARRAY(SELECT a.attname FROM unnest(k.confkey) WITH ORDINALITY c(number, place)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = c.number ORDER BY c.place),
      'isEnforced', k.convalidated AND NOT k.condeferrable AND coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
        AND NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled NOT IN ('O', 'A'))
        AND current_setting('session_replication_role') <> 'replica')), '[]')
      FROM pg_constraint k WHERE k.contype = 'f') AS "keys"`;

interface Answer {
  readonly tables: readonly StoredTable[];
  readonly keys: readonly {
    readonly child: string;
    readonly parent: string;
    readonly onDelete: string;
    readonly onUpdate: string;
    readonly own: readonly string[];
    readonly referenced: readonly string[];
    readonly isEnforced: boolean;
  }[];
}

export async function askPostgres(dataSource: DataSource, runner: QueryRunner): Promise<StoredTables> {
  const [{ tables, keys }] = (await runner.query(QUESTION, [namesOf(dataSource)])) as [Answer];
  return {
    tables,
    foreignKeys: keys.map(({ own, referenced, onDelete, onUpdate, ...key }) => ({
      ...key,
      columns: own.map((column, i): ColumnPair => [column, referenced[i]!]),
      onDelete: deleteAction(onDelete),
      followsUpdates: deleteAction(onUpdate) !== undefined,
    })),
  };
}
