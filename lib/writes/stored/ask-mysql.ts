import type { DataSource, QueryRunner } from 'typeorm';
import { isFoldedAlike } from '../../naming/folded-texts.js';
import { type ColumnPair, deleteAction } from './foreign-keys.js';
import { grouped } from './grouped.js';
import {
  namesOf,
  type StoredColumn,
  type StoredForeignKey,
  type StoredName,
  type StoredRoutine,
  type StoredTable,
  type StoredTables,
} from './stored-tables.js';

const QUESTIONS = {
  tables: `SELECT table_schema AS s, table_name AS t, table_type AS type, engine AS engine, data_length AS bytes FROM information_schema.tables WHERE table_schema IN`,
  columns: `SELECT table_schema AS s, table_name AS t, column_name AS c, data_type AS type, column_type AS definition, is_nullable AS nullable, column_default AS preset, extra AS extra, generation_expression AS expression, collation_name AS collation, character_maximum_length AS longest FROM information_schema.columns WHERE table_schema IN`,
  triggers: `SELECT event_object_schema AS s, event_object_table AS t, action_statement AS text FROM information_schema.triggers WHERE event_object_schema IN`,
  views: `SELECT table_schema AS s, table_name AS t, view_definition AS text FROM information_schema.views WHERE is_updatable = 'YES' AND table_schema IN`,
  routines: `SELECT routine_name AS name, routine_definition AS text FROM information_schema.routines WHERE routine_definition IS NOT NULL AND routine_schema IN`,
  keys: `SELECT table_schema AS s, table_name AS t, index_name AS k, column_name AS c FROM information_schema.statistics WHERE non_unique = 0 AND table_schema IN`,
  foreignKeys: `SELECT constraint_schema AS s, table_name AS t, constraint_name AS k, delete_rule AS onDelete, update_rule AS onUpdate FROM information_schema.referential_constraints WHERE constraint_schema IN`,
  foreignKeyColumns: `SELECT table_schema AS s, table_name AS t, constraint_name AS k, column_name AS own, referenced_table_schema AS ps, referenced_table_name AS p, referenced_column_name AS referenced FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL AND table_schema IN`,
};

const CHECKS = 'SELECT @@SESSION.foreign_key_checks AS here, @@GLOBAL.foreign_key_checks AS elsewhere';

/** What is of a table. */
interface OfTable {
  readonly s: string;
  readonly t: string;
}

interface TableFound extends OfTable {
  readonly type: string;
  readonly engine: string | null;
  readonly bytes: number | string | null;
}

interface ColumnFound extends OfTable {
  readonly c: string;
  readonly type: string;
  readonly definition: string;
  readonly nullable: string;
  readonly preset: string | null;
  readonly extra: string;
  readonly expression: string | null;
  readonly collation: string | null;
  readonly longest: number | string | null;
}

interface TriggerFound extends OfTable {
  readonly text: string;
}

interface KeyColumnFound extends OfTable {
  readonly k: string;
  /** `null` for an expression. */
  readonly c: string | null;
}

interface ForeignKeyFound extends OfTable {
  readonly k: string;
  readonly onDelete: string;
  readonly onUpdate: string;
}

interface ForeignKeyColumn extends OfTable {
  readonly k: string;
  readonly own: string;
  readonly ps: string;
  readonly p: string;
  readonly referenced: string;
}

const idOf = ({ schema, name }: StoredName) => JSON.stringify([schema?.toLowerCase(), name.toLowerCase()]);
const tableOf = ({ s: schema, t: name }: OfTable) => idOf({ schema, name });

export async function askMysql(dataSource: DataSource, runner: QueryRunner): Promise<StoredTables> {
  const databases = [...new Set(dataSource.entityMetadatas.flatMap(({ database }) => database || []))];
  const places = ['DATABASE()', ...databases.map(() => '?')].join(', ');
  const ask = (sql: string): Promise<unknown> => runner.query(`${sql} (${places})`, databases);
  // Each is answered on one connection, in this order.
  const [tables, columns, triggers, views, keys, foreignKeys, foreignKeyColumns, checks, mayAsk] = await Promise.all([
    ask(QUESTIONS.tables) as Promise<TableFound[]>,
    ask(QUESTIONS.columns) as Promise<ColumnFound[]>,
    ask(QUESTIONS.triggers) as Promise<TriggerFound[]>,
    ask(QUESTIONS.views) as Promise<TriggerFound[]>,
    ask(QUESTIONS.keys) as Promise<KeyColumnFound[]>,
    ask(QUESTIONS.foreignKeys) as Promise<ForeignKeyFound[]>,
    ask(QUESTIONS.foreignKeyColumns) as Promise<ForeignKeyColumn[]>,
    runner.query(CHECKS) as Promise<[{ here: number; elsewhere: number }]>,
    askMayListTriggers(runner),
  ]);
  const byTable = grouped(columns, tableOf);
  const keysByTable = new Map([...grouped(keys, tableOf)].map(([id, found]) => [id, keysOf(found)]));
  const areChecked = Number(checks[0].here) === 1 && Number(checks[0].elsewhere) === 1;
  const checking = new Set(
    tables.filter(({ engine }) => areChecked && engine?.toLowerCase() === 'innodb').map(tableOf),
  );
  const found = foreignKeysOf(foreignKeys, foreignKeyColumns).map((key): StoredForeignKey => {
    const parent = idOf(key.parent);
    // InnoDB lets a key refer to columns of which several rows may hold the same.
    const isUnique = keysByTable.get(parent)?.some((unique) => refersTo(key, unique)) ?? false;
    return { ...key, isEnforced: isUnique && checking.has(idOf(key.child)) && checking.has(parent) };
  });
  const triggered = new Set(triggers.map(tableOf));
  const shown = new Set(tables.map(tableOf));
  // What refers to a table nobody shows may be reached in ways nobody shows.
  const astray = new Set(found.filter(({ parent }) => !shown.has(idOf(parent))).map(({ child }) => idOf(child)));
  const names = new Set(namesOf(dataSource));
  const mapped = tables.filter(({ t }) => names.has(t.toLowerCase()));
  const hidden = [...new Set(mapped.filter((each) => isTable(each) && !mayAsk(each.s, each.t)).map(({ s }) => s))];
  return {
    tables: mapped.map((table): StoredTable => {
      const { s: schema, t: name, bytes } = table;
      const id = tableOf(table);
      return {
        schema,
        name,
        isPlain: isTable(table) && !triggered.has(id) && !astray.has(id) && mayAsk(schema, name),
        columns: (byTable.get(id) ?? []).map(storedColumn),
        keys: keysByTable.get(id) ?? [],
        bytes: bytes === null ? undefined : Number(bytes),
      };
    }),
    triggers: [...triggers, ...views.map((view) => ({ ...view, text: `UPDATE ${view.text}` }))].map(
      ({ s: schema, t: name, text }) => ({ schema, name, text }),
    ),
    // There may be many.
    routines: triggers.length ? ((await ask(QUESTIONS.routines)) as StoredRoutine[]) : [],
    foreignKeys: found,
    unasked: hidden.length
      ? {
          problem: 'MySQL and MariaDB show triggers only to those who may make them',
          remedy: `GRANT TRIGGER ON ${hidden.map((schema) => `\`${schema}\`.*`).join(' and ')} TO its user`,
        }
      : undefined,
  };
}

/** Not a view. */
const isTable = ({ type }: TableFound) => type === 'BASE TABLE';

const TEXTS = ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext'];

function storedColumn(column: ColumnFound): StoredColumn {
  const { c: name, definition, preset, extra, expression, collation, longest } = column;
  const type = column.type.toLowerCase();
  const isNullable = column.nullable === 'YES';
  return {
    name,
    type,
    isComputed: /on update/i.test(extra) || !!expression,
    // MariaDB says NULL as it would be written.
    isNullByDefault: isNullable && (preset === null || preset === 'NULL') && extra === '',
    ...(TEXTS.includes(type) && collation !== null && isFoldedAlike(collation) && { longest: Number(longest) }),
    inMysql: {
      isNullable,
      isCounting: /auto_increment/i.test(extra),
      isUnsigned: /unsigned/i.test(definition),
      definition,
    },
  };
}

function keysOf(columns: readonly KeyColumnFound[]): string[][] {
  const keys = [...grouped(columns, ({ k }) => k).values()].map((key) => key.map(({ c }) => c));
  return keys.filter((key): key is string[] => !key.includes(null));
}

function refersTo(key: Pick<StoredForeignKey, 'columns'>, unique: readonly string[]): boolean {
  const referenced = key.columns.map(([, column]) => column.toLowerCase());
  return unique.every((column) => referenced.includes(column.toLowerCase()));
}

function foreignKeysOf(
  keys: readonly ForeignKeyFound[],
  columns: readonly ForeignKeyColumn[],
): Omit<StoredForeignKey, 'isEnforced'>[] {
  const nameOf = ({ s, t, k }: OfTable & { readonly k: string }) => JSON.stringify([tableOf({ s, t }), k]);
  const byName = grouped(columns, nameOf);
  return keys.flatMap((key) => {
    const own = byName.get(nameOf(key));
    if (!own) return [];
    return {
      child: { schema: key.s, name: key.t },
      parent: { schema: own[0]!.ps, name: own[0]!.p },
      columns: own.map((column): ColumnPair => [column.own, column.referenced]),
      onDelete: deleteAction(key.onDelete),
      followsUpdates: deleteAction(key.onUpdate) !== undefined,
    };
  });
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
