import type { DataSource, QueryRunner } from 'typeorm';
import { type ColumnPair, deleteAction } from './foreign-keys.js';
import {
  namesOf,
  type StoredName,
  type StoredRoutine,
  type StoredTable,
  type StoredTables,
  type StoredTrigger,
} from './stored-tables.js';

/**
 * With views and foreign tables, which may be mapped as tables. One that has partitions or others that inherit from it is not plain, and a
 * unique index of it does not know what is in those that inherit.
 */
const QUESTION = `
  SELECT
    (SELECT coalesce(json_agg(json_build_object(
      'schema', n.nspname, 'name', c.relname, 'bytes', pg_table_size(c.oid),
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
      'child', json_build_object('schema', cn.nspname, 'name', c.relname),
      'parent', json_build_object('schema', pn.nspname, 'name', p.relname), 'onDelete', k.confdeltype, 'onUpdate', k.confupdtype,
      'own', ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY i(number, place)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = i.number ORDER BY i.place),
      'referenced', ARRAY(SELECT a.attname FROM unnest(k.confkey) WITH ORDINALITY i(number, place)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = i.number ORDER BY i.place),
      'isEnforced', k.convalidated AND NOT k.condeferrable AND coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
        AND NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled NOT IN ('O', 'A'))
        AND current_setting('session_replication_role') <> 'replica')), '[]')
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
        JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
      WHERE k.contype = 'f') AS "keys"`;

/**
 * What is written in C, as extensions are, changes the new row at most. A view that passes writes on writes what it shows, a partition, or who
 * inherits, the table it is a part of.
 */
const TRIGGERS = `
  SELECT n.nspname AS "schema", c.relname AS "name", ${textOf('p')} AS "text"
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang
  WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND l.lanname NOT IN ('c', 'internal')
  UNION ALL SELECT n.nspname, c.relname, pg_get_ruledef(r.oid)
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE r.rulename <> '_RETURN' AND r.ev_enabled <> 'D' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  UNION ALL SELECT n.nspname, c.relname, 'UPDATE ' || pg_get_viewdef(c.oid)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'v' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND pg_relation_is_updatable(c.oid, false) <> 0
  UNION ALL SELECT n.nspname, c.relname, 'UPDATE ' || p.relname
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class p ON p.oid = i.inhparent WHERE c.relkind IN ('r', 'p', 'f')`;

const ROUTINES = `
  SELECT p.proname AS "name", ${textOf('p')} AS "text"
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
  WHERE p.prokind IN ('f', 'p') AND l.lanname NOT IN ('c', 'internal') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')`;

interface Answer {
  readonly tables: readonly StoredTable[];
  readonly keys: readonly {
    readonly child: StoredName;
    readonly parent: StoredName;
    readonly onDelete: string;
    readonly onUpdate: string;
    readonly own: readonly string[];
    readonly referenced: readonly string[];
    readonly isEnforced: boolean;
  }[];
}

export async function askPostgres(dataSource: DataSource, runner: QueryRunner): Promise<StoredTables> {
  const [{ tables, keys }] = (await runner.query(QUESTION, [namesOf(dataSource)])) as [Answer];
  const triggers = (await runner.query(TRIGGERS)) as StoredTrigger[];
  return {
    tables,
    triggers,
    // There may be many.
    routines: triggers.length ? ((await runner.query(ROUTINES)) as StoredRoutine[]) : [],
    foreignKeys: keys.map(({ own, referenced, onDelete, onUpdate, ...key }) => ({
      ...key,
      columns: own.map((column, i): ColumnPair => [column, referenced[i]!]),
      onDelete: deleteAction(onDelete),
      followsUpdates: deleteAction(onUpdate) !== undefined,
    })),
  };
}

/** Of a routine that is written in SQL's own form no source is kept. */
function textOf(routine: string): string {
  return `coalesce(nullif(${routine}.prosrc, ''), pg_get_functiondef(${routine}.oid))`;
}
