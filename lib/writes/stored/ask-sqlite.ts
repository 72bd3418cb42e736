import type { QueryRunner } from 'typeorm';
import { MOST_CHECKED_BYTES } from './dangling-keys.js';
import { type ColumnPair, deleteAction, PRIMARY } from './foreign-keys.js';
import { grouped } from './grouped.js';
import { type StoredForeignKey, type StoredTables, type StoredTrigger } from './stored-tables.js';

/**
 * Of the database itself, not of those attached to it. A `ON CONFLICT` of a table's own lets an INSERT delete what is in its way, and a
 * virtual table does what its module likes; by a collation, its own or an index's, texts are equal that we take for different ones.
 */
const COLUMNS = `
  SELECT m.name AS t, m.sql LIKE '%collate%' AS collates, m.sql LIKE '%on%conflict%replace%' AS replaces,
    m.sql LIKE 'CREATE TABLE%' AND m.sql NOT LIKE '%conflict%' AND m.sql NOT LIKE '%collate%'
      AND lower(m.name) NOT IN (SELECT lower(tbl_name) FROM sqlite_master
        WHERE type = 'trigger' OR (type = 'index' AND sql LIKE '%collate%'))
      AND lower(m.name) NOT IN (SELECT lower(tbl_name) FROM sqlite_temp_master WHERE type = 'trigger') AS plain,
    x.name AS c, upper(x.type) AS type, x.hidden IN (2, 3) AS computed
  FROM sqlite_master m LEFT JOIN pragma_table_xinfo(CASE m.type WHEN 'table' THEN m.name END) x
  WHERE m.type IN ('table', 'view')`;

interface ColumnFound {
  readonly t: string;
  readonly collates: number;
  readonly replaces: number;
  readonly plain: number;
  /** `null` for a view. */
  readonly c: string | null;
  readonly type: string;
  readonly computed: number;
}

const KEYS = `
  SELECT m.name AS t, 'primary key' AS k, x.name AS c FROM sqlite_master m JOIN pragma_table_info(m.name) x
    WHERE m.type = 'table' AND x.pk > 0
  UNION ALL SELECT m.name, l.name, i.name FROM sqlite_master m JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i
    WHERE m.type = 'table' AND l."unique" = 1 AND l.partial = 0`;

interface KeyColumnFound {
  readonly t: string;
  readonly k: string;
  /** `null` for an expression. */
  readonly c: string | null;
}

const FOREIGN_KEYS = `
  SELECT lower(m.name) AS child, lower(f."table") AS parent, f.id AS id, f."from" AS own, f."to" AS referenced,
    f.on_delete AS "onDelete", f.on_update AS "onUpdate", m.sql LIKE '%deferrable%' AS "mayWait"
  FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq`;

interface ForeignKeyColumn {
  readonly child: string;
  readonly parent: string;
  readonly id: number;
  readonly own: string;
  /** `null` for the primary key, whatever that is. */
  readonly referenced: string | null;
  readonly onDelete: string;
  readonly onUpdate: string;
  readonly mayWait: number;
}

/** From the BEGIN of its body: what stands before says when it runs. */
const TRIGGERS = `
  SELECT tbl_name AS name, substr(sql, instr(upper(sql), 'BEGIN')) AS text FROM
    (SELECT type, tbl_name, sql FROM sqlite_master UNION ALL SELECT type, tbl_name, sql FROM sqlite_temp_master)
  WHERE type = 'trigger'`;

const CHECKS = `
  SELECT (SELECT foreign_keys FROM pragma_foreign_keys) AS checked,
    (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size) AS bytes`;

const VIOLATIONS = 'SELECT DISTINCT lower("table") AS child FROM pragma_foreign_key_check';

export async function askSqlite(runner: QueryRunner): Promise<StoredTables> {
  const columns = grouped((await runner.query(COLUMNS)) as ColumnFound[], ({ t }) => t);
  const keys = grouped((await runner.query(KEYS)) as KeyColumnFound[], ({ t }) => t);
  const foreignKeys = (await runner.query(FOREIGN_KEYS)) as ForeignKeyColumn[];
  const triggers = (await runner.query(TRIGGERS)) as StoredTrigger[];
  const violating = await violatingTables(runner);
  return {
    triggers,
    routines: [],
    tables: [...columns].map(([name, found]) => {
      const { plain, replaces, collates } = found[0]!;
      return {
        name,
        isPlain: plain === 1,
        isReplacing: replaces === 1,
        keys: keysOf(keys.get(name) ?? []),
        columns: found.flatMap(({ c, type, computed }) => {
          if (c === null) return [];
          const affinity = affinityOf(type);
          return {
            name: c,
            type: affinity,
            isCollated: collates === 1 && affinity === 'text',
            isComputed: computed === 1,
          };
        }),
      };
    }),
    foreignKeys: foreignKeysOf(foreignKeys, violating),
  };
}

function keysOf(columns: readonly KeyColumnFound[]): string[][] {
  const keys = [...grouped(columns, ({ k }) => k).values()].map((key) => key.map(({ c }) => c));
  return keys.filter((key): key is string[] => !key.includes(null));
}

/** What SQLite makes of a type. */
function affinityOf(type: string): string {
  if (type.includes('INT')) return 'integer';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'text';
  if (type === '' || type.includes('BLOB')) return 'none';
  return /REAL|FLOA|DOUB/.test(type) ? 'real' : 'numeric';
}

/**
 * SQLite checks what is written while it has been told to, and nothing that was there before, so all rows are looked at; `undefined` where
 * nobody knows of any table.
 */
async function violatingTables(runner: QueryRunner): Promise<ReadonlySet<string> | undefined> {
  const [{ checked, bytes }] = (await runner.query(CHECKS)) as [{ checked: number; bytes: number }];
  // What a transaction shows may be rolled back.
  if (checked !== 1 || bytes > MOST_CHECKED_BYTES || runner.isTransactionActive) return undefined;
  try {
    const rows = (await runner.query(VIOLATIONS)) as { child: string }[];
    return new Set(rows.map(({ child }) => child));
  } catch {
    // A key that refers to columns without a unique index.
    return undefined;
  }
}

function foreignKeysOf(
  columns: readonly ForeignKeyColumn[],
  violating: ReadonlySet<string> | undefined,
): StoredForeignKey[] {
  return [...grouped(columns, ({ child, id }) => JSON.stringify([child, id])).values()].map((all) => {
    const { child, parent, onDelete, onUpdate, mayWait } = all[0]!;
    return {
      child: { name: child },
      parent: { name: parent },
      columns: all.map(({ own, referenced }): ColumnPair => [own, referenced ?? PRIMARY]),
      onDelete: deleteAction(onDelete),
      followsUpdates: deleteAction(onUpdate) !== undefined,
      isEnforced: violating?.has(child) === false && mayWait === 0,
    };
  });
}
