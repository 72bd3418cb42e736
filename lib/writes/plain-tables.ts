import type { DataSource, QueryRunner } from 'typeorm';
import { columnName } from '../naming/column-value.js';
import { isFoldedAlike } from '../naming/folded-texts.js';
import { storedTableClock } from '../naming/table-clocks.js';
import { type ColumnPair, deleteAction, Followings, type ForeignKey, type FoundKey } from './foreign-keys.js';

/** What a table does by itself when it is written, of one that has neither triggers nor rules, and shares its rows with no other table. */
export interface PlainTable {
  /** Columns the database sets whenever others are updated. */
  readonly computed: readonly string[];
  /** Columns that hold NULL unless a new row says otherwise. */
  readonly nullByDefault: readonly string[];
  /** Of columns that compare texts by a collation we know: how many characters they take. */
  readonly texts: ReadonlyMap<string, number>;
  /** Rows of it may follow when others of its rows are deleted, or get another key. */
  readonly followsItself: boolean;
  /** Its foreign keys that refer to mapped tables. */
  readonly foreignKeys: readonly ForeignKey[];
  /** The clocks of tables that change when rows of it go, because those of others do. */
  readonly followedIndirectly: ReadonlySet<string>;
}

/** By clock. A table that is not among them may do anything by itself. */
export type PlainTablesFound = ReadonlyMap<string, PlainTable>;

/** A table as its database knows it. */
interface Found {
  readonly schema?: string | undefined;
  readonly name: string;
  readonly isPlain: boolean;
  readonly computed: readonly string[];
  readonly nullByDefault: readonly string[];
  readonly texts?: readonly (readonly [column: string, longest: number])[];
  /** What its foreign keys, and those of others, call it. */
  readonly id: string;
}

/** Why some tables count as doing anything, with what to do. */
export interface Unasked {
  readonly problem: string;
  readonly remedy: string;
}

/** Asks a database which of the mapped tables are plain; `undefined` for one that cannot be asked. */
export async function askPlainTables(
  dataSource: DataSource,
  runner: QueryRunner,
): Promise<{ readonly found: PlainTablesFound; readonly unasked?: Unasked } | undefined> {
  switch (dataSource.options.type) {
    case 'postgres':
      return { found: await askPostgres(dataSource, runner) };
    case 'mysql':
    case 'mariadb':
      return askMysql(dataSource, runner);
    case 'sqljs':
    case 'better-sqlite3':
      return { found: await askSqlite(dataSource, runner) };
    default:
      return undefined;
  }
}

/** Two tables whose names differ by their case share a clock. */
function byClock(dataSource: DataSource, tables: readonly Found[], named: readonly FoundKey[]): PlainTablesFound {
  const keys = named.map((key): FoundKey => ({ ...key, columns: columnsOf(dataSource, key.columns) }));
  const followings = new Followings(keys);
  const clocks = new Map(tables.map((table) => [table.id, storedTableClock(dataSource, table.schema, table.name)]));
  const idsOf = (clock: string) => [...clocks].filter(([, each]) => each === clock).map(([id]) => id);
  const clocksOf = (ids: Iterable<string>) => [...ids].flatMap((id) => clocks.get(id) ?? []);
  const found = new Map<string, PlainTable>();
  for (const clock of new Set(clocks.values())) {
    const ids = idsOf(clock);
    const all = tables.filter(({ id }) => ids.includes(id));
    if (!all.every(({ isPlain }) => isPlain)) continue;
    found.set(clock, {
      computed: all.flatMap(({ computed }) => computed),
      // Of two tables nobody knows which one is meant.
      nullByDefault: all.length === 1 ? all[0]!.nullByDefault : [],
      texts: new Map(
        all.length === 1 ? all[0]!.texts?.map(([c, longest]) => [columnName(dataSource, c), longest]) : [],
      ),
      followsItself: ids.some((id) => followings.isCircular(id)),
      followedIndirectly: new Set(clocksOf(ids.flatMap((id) => [...followings.indirect(id)]))),
      foreignKeys: keys
        .filter(({ child }) => ids.includes(child))
        .flatMap(({ parent: id, columns, onDelete, isEnforced }) => {
          const parent = clocks.get(id);
          if (parent === undefined) return [];
          // Of two tables nobody knows which one is meant.
          const isOne = ids.length === 1 && idsOf(parent).length === 1;
          return [{ parent, columns, onDelete, isEnforced: isEnforced && isOne }];
        }),
    });
  }
  return found;
}

function columnsOf(dataSource: DataSource, columns: readonly ColumnPair[]): ColumnPair[] {
  return columns.map(([own, referenced]) => [columnName(dataSource, own), columnName(dataSource, referenced)]);
}

/** Of the mapped tables, in lower case. */
export function namesOf({ entityMetadatas }: DataSource): string[] {
  return [...new Set(entityMetadatas.map(({ tableName }) => tableName.toLowerCase()))];
}

/** Without its partitions, and without the views and foreign tables that may be mapped as tables. */
const POSTGRES = `
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
      'computed', ARRAY(SELECT a.attname FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> ''),
      'nullByDefault', ARRAY(SELECT a.attname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attnotnull AND NOT a.atthasdef
          AND a.attidentity = '' AND t.typtype <> 'd'))), '[]')
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

interface KeyInPostgres {
  readonly child: string;
  readonly parent: string;
  readonly onDelete: string;
  readonly onUpdate: string;
  readonly own: readonly string[];
  readonly referenced: readonly string[];
  readonly isEnforced: boolean;
}

async function askPostgres(dataSource: DataSource, runner: QueryRunner): Promise<PlainTablesFound> {
  const rows: unknown = await runner.query(POSTGRES, [namesOf(dataSource)]);
  const [{ tables, keys }] = rows as [{ tables: Found[]; keys: KeyInPostgres[] }];
  return byClock(
    dataSource,
    tables,
    keys.map(({ own, referenced, onDelete, onUpdate, ...key }) => ({
      ...key,
      columns: own.map((column, i): ColumnPair => [column, referenced[i]!]),
      onDelete: deleteAction(onDelete),
      followsUpdates: deleteAction(onUpdate) !== undefined,
    })),
  );
}

interface NamedInMysql {
  readonly s: string;
  readonly t: string;
}

const MYSQL = {
  tables: `SELECT table_schema AS s, table_name AS t, engine AS engine FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema IN`,
  triggers: `SELECT event_object_schema AS s, event_object_table AS t FROM information_schema.triggers WHERE event_object_schema IN`,
  columns: `SELECT table_schema AS s, table_name AS t, column_name AS c FROM information_schema.columns WHERE (extra LIKE '%on update%' OR generation_expression <> '') AND table_schema IN`,
  defaults: `SELECT table_schema AS s, table_name AS t, column_name AS c FROM information_schema.columns WHERE is_nullable = 'YES' AND (column_default IS NULL OR column_default = 'NULL') AND extra = '' AND table_schema IN`,
  texts: `SELECT table_schema AS s, table_name AS t, column_name AS c, collation_name AS collation, character_maximum_length AS longest FROM information_schema.columns WHERE data_type IN ('char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext') AND table_schema IN`,
  keys: `SELECT constraint_schema AS s, table_name AS t, constraint_name AS name, delete_rule AS onDelete, update_rule AS onUpdate FROM information_schema.referential_constraints WHERE constraint_schema IN`,
  uniques: `SELECT table_schema AS s, table_name AS t, index_name AS name, column_name AS c FROM information_schema.statistics WHERE non_unique = 0 AND table_schema IN`,
  keyColumns: `SELECT table_schema AS s, table_name AS t, constraint_name AS name, column_name AS own, referenced_table_schema AS ps, referenced_table_name AS p, referenced_column_name AS referenced FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL AND table_schema IN`,
};

const MYSQL_CHECKS = 'SELECT @@SESSION.foreign_key_checks AS here, @@GLOBAL.foreign_key_checks AS elsewhere';

interface TableInMysql extends NamedInMysql {
  readonly engine: string | null;
}

interface TextInMysql extends NamedInMysql {
  readonly c: string;
  readonly collation: string | null;
  readonly longest: number | string;
}

interface KeyInMysql extends NamedInMysql {
  readonly name: string;
  readonly onDelete: string;
  readonly onUpdate: string;
}

interface KeyColumnInMysql extends NamedInMysql {
  readonly name: string;
  readonly own: string;
  readonly ps: string;
  readonly p: string;
  readonly referenced: string;
}

interface UniqueInMysql extends NamedInMysql {
  readonly name: string;
  readonly c: string | null;
}

const idInMysql = (schema: string, table: string) => JSON.stringify([schema.toLowerCase(), table.toLowerCase()]);

/** @param areChecked whether foreign keys are, on this connection and on new ones */
function keysInMysql(
  tables: readonly TableInMysql[],
  keys: readonly KeyInMysql[],
  columns: readonly KeyColumnInMysql[],
  uniques: readonly UniqueInMysql[],
  areChecked: boolean,
): FoundKey[] {
  // InnoDB lets a key refer to columns of which several rows may hold the same.
  const isUnique = (parent: string, referenced: readonly string[]) => {
    const ofParent = uniques.filter(({ s, t }) => idInMysql(s, t) === parent);
    const isMeant = ({ c }: UniqueInMysql) => referenced.some((each) => each.toLowerCase() === c?.toLowerCase());
    return ofParent.some(({ name }) => ofParent.every((each) => each.name !== name || isMeant(each)));
  };
  const checking = new Set(
    tables.filter(({ engine }) => areChecked && engine?.toLowerCase() === 'innodb').map(({ s, t }) => idInMysql(s, t)),
  );
  return keys.flatMap((key) => {
    const child = idInMysql(key.s, key.t);
    const own = columns.filter(({ s, t, name }) => name === key.name && idInMysql(s, t) === child);
    if (!own.length) return [];
    const parent = idInMysql(own[0]!.ps, own[0]!.p);
    return [
      {
        child,
        parent,
        columns: own.map((column): ColumnPair => [column.own, column.referenced]),
        onDelete: deleteAction(key.onDelete),
        followsUpdates: deleteAction(key.onUpdate) !== undefined,
        isEnforced:
          checking.has(child) &&
          checking.has(parent) &&
          isUnique(
            parent,
            own.map(({ referenced }) => referenced),
          ),
      },
    ];
  });
}

async function askMysql(
  dataSource: DataSource,
  runner: QueryRunner,
): Promise<{ found: PlainTablesFound; unasked?: Unasked }> {
  const databases = [...new Set(dataSource.entityMetadatas.map(({ database }) => database).filter((name) => !!name))];
  const places = ['DATABASE()', ...databases.map(() => '?')].join(', ');
  const ask = (sql: string): Promise<unknown> => runner.query(`${sql} (${places})`, databases);
  // Each is answered on one connection, in this order.
  const [tables, triggers, columns, defaults, texts, keys, keyColumns, uniques, checks, mayAsk] = await Promise.all([
    ask(MYSQL.tables) as Promise<TableInMysql[]>,
    ask(MYSQL.triggers) as Promise<NamedInMysql[]>,
    ask(MYSQL.columns) as Promise<(NamedInMysql & { c: string })[]>,
    ask(MYSQL.defaults) as Promise<(NamedInMysql & { c: string })[]>,
    ask(MYSQL.texts) as Promise<TextInMysql[]>,
    ask(MYSQL.keys) as Promise<KeyInMysql[]>,
    ask(MYSQL.keyColumns) as Promise<KeyColumnInMysql[]>,
    ask(MYSQL.uniques) as Promise<UniqueInMysql[]>,
    runner.query(MYSQL_CHECKS) as Promise<[{ here: number; elsewhere: number }]>,
    askMayListTriggers(runner),
  ]);
  const triggered = new Set(triggers.map(({ s, t }) => idInMysql(s, t)));
  const [{ here, elsewhere }] = checks;
  const all = keysInMysql(tables, keys, keyColumns, uniques, Number(here) === 1 && Number(elsewhere) === 1);
  const shown = new Set(tables.map(({ s, t }) => idInMysql(s, t)));
  // What refers to a table nobody shows may be reached in ways nobody shows.
  const astray = new Set(all.filter(({ parent }) => !shown.has(parent)).map(({ child }) => child));
  const hidden = new Set<string>();
  const names = new Set(namesOf(dataSource));
  const mapped = tables
    .filter(({ t }) => names.has(t.toLowerCase()))
    .map(({ s, t }): Found => {
      const id = idInMysql(s, t);
      if (!mayAsk(s, t)) hidden.add(s);
      const ofTable = <Column extends NamedInMysql>(all: readonly Column[]) =>
        all.filter((column) => idInMysql(column.s, column.t) === id);
      return {
        schema: s,
        name: t,
        id,
        isPlain: !triggered.has(id) && !astray.has(id) && mayAsk(s, t),
        computed: ofTable(columns).map(({ c }) => c),
        nullByDefault: ofTable(defaults).map(({ c }) => c),
        texts: ofTable(texts)
          .filter(({ collation }) => collation !== null && isFoldedAlike(collation))
          .map(({ c, longest }) => [c, Number(longest)] as const),
      };
    });
  const found = byClock(dataSource, mapped, all);
  if (!hidden.size) return { found };
  const on = [...hidden].map((schema) => `\`${schema}\`.*`).join(' and ');
  return {
    found,
    unasked: {
      problem: 'MySQL and MariaDB show triggers only to those who may make them',
      remedy: `GRANT TRIGGER ON ${on} TO its user`,
    },
  };
}

interface Grant {
  readonly grantee: string;
  readonly s: string | null;
  readonly t: string | null;
}

const GRANTS = `
  SELECT grantee AS grantee, NULL AS s, NULL AS t FROM information_schema.user_privileges WHERE privilege_type = 'TRIGGER'
  UNION ALL SELECT grantee, table_schema, NULL FROM information_schema.schema_privileges WHERE privilege_type = 'TRIGGER'
  UNION ALL SELECT grantee, table_schema, table_name FROM information_schema.table_privileges WHERE privilege_type = 'TRIGGER'`;

/** Whether this user is shown a table's triggers, as far as its own grants say; those of a role, or by a pattern of names, do not count. */
async function askMayListTriggers(runner: QueryRunner): Promise<(schema: string, table: string) => boolean> {
  const [[{ me }], grants, partial] = (await Promise.all([
    runner.query('SELECT CURRENT_USER() AS me'),
    runner.query(GRANTS),
    runner.query(`SHOW VARIABLES LIKE 'partial_revokes'`),
  ])) as [[{ me: string }], Grant[], { Value: string }[]];
  const at = me.lastIndexOf('@');
  const grantee = `'${me.slice(0, at)}'@'${me.slice(at + 1)}'`;
  const own = grants.filter((grant) => grant.grantee === grantee);
  // Then a grant of everything may leave out some databases.
  const isPartial = partial.some(({ Value }) => Value !== 'OFF');
  return (schema, table) =>
    own.some(({ s, t }) => {
      if (s === null) return !isPartial;
      return s.replaceAll('\\', '') === schema && (t === null || t === table);
    });
}

/**
 * Of the database itself, not of those attached to it. A `ON CONFLICT` of a table's own lets an INSERT delete what is in its way, and a
 * virtual table does what its module likes; by a collation, its own or an index's, texts are equal that we take for different ones.
 */
const SQLITE = `
  SELECT m.name AS name, x.name AS computed,
    m.sql LIKE 'CREATE TABLE%' AND m.sql NOT LIKE '%conflict%' AND m.sql NOT LIKE '%collate%'
      AND lower(m.name) NOT IN (SELECT lower(tbl_name) FROM sqlite_master
        WHERE type = 'trigger' OR (type = 'index' AND sql LIKE '%collate%'))
      AND lower(m.name) NOT IN (SELECT lower(tbl_name) FROM sqlite_temp_master WHERE type = 'trigger') AS plain
  FROM sqlite_master m LEFT JOIN pragma_table_xinfo(m.name) x ON x.hidden IN (2, 3)
  WHERE m.type = 'table'`;

const SQLITE_KEYS = `
  SELECT lower(m.name) AS child, lower(f."table") AS parent, f.id AS id, f."from" AS own, f."to" AS referenced,
    f.on_delete AS "onDelete", f.on_update AS "onUpdate", m.sql LIKE '%deferrable%' AS "mayWait"
  FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq`;

interface KeyColumnInSqlite {
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

const SQLITE_CHECKS = `
  SELECT (SELECT foreign_keys FROM pragma_foreign_keys) AS checked,
    (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size) AS bytes`;

const SQLITE_VIOLATIONS = 'SELECT DISTINCT lower("table") AS child FROM pragma_foreign_key_check';

/** Of a larger database it takes too long to look at all rows, and everybody would wait. */
const MOST_CHECKED_BYTES = 64 * 1024 * 1024;

/**
 * SQLite checks what is written while it has been told to, and nothing that was there before, so all rows are looked at; `undefined` where
 * nobody knows of any table.
 */
async function violatingInSqlite(runner: QueryRunner): Promise<ReadonlySet<string> | undefined> {
  const [{ checked, bytes }] = (await runner.query(SQLITE_CHECKS)) as [{ checked: number; bytes: number }];
  // What a transaction shows may be rolled back.
  if (checked !== 1 || bytes > MOST_CHECKED_BYTES || runner.isTransactionActive) return undefined;
  try {
    const rows = (await runner.query(SQLITE_VIOLATIONS)) as { child: string }[];
    return new Set(rows.map(({ child }) => child));
  } catch {
    // A key that refers to columns without a unique index.
    return undefined;
  }
}

function keysInSqlite(columns: readonly KeyColumnInSqlite[], violating: ReadonlySet<string> | undefined): FoundKey[] {
  const byKey = new Map<string, KeyColumnInSqlite[]>();
  for (const column of columns) {
    const key = JSON.stringify([column.child, column.id]);
    byKey.set(key, [...(byKey.get(key) ?? []), column]);
  }
  return [...byKey.values()].map((all) => {
    const { child, parent, onDelete, onUpdate, mayWait } = all[0]!;
    return {
      child,
      parent,
      columns: all.map(({ own, referenced }): ColumnPair => [own, referenced ?? '']),
      onDelete: deleteAction(onDelete),
      followsUpdates: deleteAction(onUpdate) !== undefined,
      isEnforced: violating?.has(child) === false && mayWait === 0,
    };
  });
}

async function askSqlite(dataSource: DataSource, runner: QueryRunner): Promise<PlainTablesFound> {
  const rows = (await runner.query(SQLITE)) as { name: string; computed: string | null; plain: number }[];
  const keys = (await runner.query(SQLITE_KEYS)) as KeyColumnInSqlite[];
  const violating = await violatingInSqlite(runner);
  const tables = rows.map(({ name, computed, plain }): Found => ({
    name,
    id: name.toLowerCase(),
    isPlain: plain === 1,
    computed: computed === null ? [] : [computed],
    nullByDefault: [],
  }));
  return byClock(dataSource, tables, keysInSqlite(keys, violating));
}
