import { namesAfter } from './names.js';
import { type StatementEffect, type TableChange, UNKNOWN } from './statement-effect.js';
import type { Statement } from './statement.js';
import { scanTables } from './table-scanner.js';

/** What may stand between EXPLAIN and the statement it explains. */
const EXPLAIN_OPTIONS = [
  'ANALYZE',
  'ANALYSE',
  'VERBOSE',
  'EXTENDED',
  'PARTITIONS',
  'FORMAT',
  '=',
  'JSON',
  'TREE',
  'TRADITIONAL',
];

/** The query or change of rows that begins at `at`; `undefined` when something else does. */
export function readData(statement: Statement, at: number): StatementEffect | undefined {
  switch (statement.code(at)) {
    case 'SELECT':
    case 'WITH':
    case 'VALUES':
    case 'TABLE':
    case '(':
      return readQuery(statement, at);
    case 'INSERT':
    case 'REPLACE':
    case 'UPDATE':
    case 'DELETE':
    case 'MERGE': {
      const effect = readQuery(statement, at);
      return effect.kind === 'write' ? effect : UNKNOWN;
    }
    default:
      return undefined;
  }
}

/** A plan alone changes nothing; with ANALYZE the statement runs. */
export function readExplain(statement: Statement): StatementEffect {
  if (statement.findAnywhere(1, 'ANALYZE', 'ANALYSE') >= 0) return readExplained(statement);
  return { kind: 'read', tables: [], volatile: statement.code(0) };
}

/** The statement behind EXPLAIN ANALYZE, or behind ANALYZE in MariaDB. */
export function readExplained(statement: Statement): StatementEffect {
  const options = statement.dialect === 'postgres' ? statement.after(1) : 1;
  const start = statement.skip(statement.code(1) === '(' ? options : 1, ...EXPLAIN_OPTIONS);
  return readData(statement, start) ?? UNKNOWN;
}

export function readTruncate(statement: Statement): StatementEffect {
  const cascade = statement.dialect === 'postgres' && statement.findAnywhere(1, 'CASCADE') >= 0;
  const tables = namesAfter(statement, statement.skip(1, 'TABLE'));
  if (!tables) return UNKNOWN;
  return write(
    tables.map((table) => ({ table, action: 'truncate', ...(cascade && { cascade }) })),
    statement.dialect === 'mysql',
  );
}

/** COPY t FROM writes, COPY t TO and COPY (query) TO read, unless the query writes. */
export function readCopy(statement: Statement): StatementEffect {
  if (statement.code(1) === '(') return readQuery(statement, 1);
  const target = statement.table(1);
  if (!target) return UNKNOWN;
  const direction = statement.code(target.end) === '(' ? statement.after(target.end) : target.end;
  switch (statement.code(direction)) {
    case 'FROM':
      return write([{ table: target.table, action: 'insert' }]);
    case 'TO':
      return { kind: 'read', tables: [target.table] };
    default:
      return UNKNOWN;
  }
}

/** LOAD DATA and LOAD XML. */
export function readLoad(statement: Statement): StatementEffect {
  const into = statement.find(1, statement.length, 'INTO');
  const target = into < 0 ? undefined : statement.table(statement.skip(into + 1, 'TABLE'));
  if (!target) return UNKNOWN;
  const { table } = target;
  const replaces = statement.code(into - 1) === 'REPLACE';
  return write(
    replaces
      ? [
          { table, action: 'upsert' },
          { table, action: 'delete' },
        ]
      : [{ table, action: 'insert' }],
  );
}

/** REFRESH MATERIALIZED VIEW: a view with rows of its own, which passes nothing on to the tables it reads. */
export function readRefresh(statement: Statement): StatementEffect {
  const views = namesAfter(statement, statement.skip(1, 'MATERIALIZED', 'VIEW'));
  return views ? { kind: 'schema', commits: false, tables: views } : UNKNOWN;
}

function readQuery(statement: Statement, from: number): StatementEffect {
  const { writes, reading, placed } = scanTables(statement, from);
  if (!placed) return UNKNOWN;
  return writes.length > 0 ? { kind: 'write', writes, ...reading } : { kind: 'read', ...reading };
}

function write(writes: readonly TableChange[], commits = false): StatementEffect {
  return { kind: 'write', writes, tables: [], ...(commits && { commits }) };
}
