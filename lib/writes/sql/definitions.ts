import { namesAfter, namesBehind } from './names.js';
import { type StatementEffect, type TableRef, UNKNOWN } from './statement-effect.js';
import type { Statement } from './statement.js';
import { scanTables } from './table-scanner.js';

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Kinds that may be created without a row anywhere reading otherwise. What replaces another of its kind is none. */
const NEW_KINDS = words(`
  DATABASE SCHEMA INDEX SEQUENCE TYPE DOMAIN FUNCTION PROCEDURE AGGREGATE TRIGGER EVENT RULE EXTENSION ROLE USER GROUP COLLATION
  STATISTICS CAST OPERATOR LANGUAGE SERVER TABLESPACE PUBLICATION TEXT`);
/** Kinds that may be changed and dropped so. Not functions: a view or a generated column may be made of them. */
const ROWLESS_KINDS = words('INDEX SEQUENCE TYPE DOMAIN PROCEDURE TRIGGER EVENT RULE ROLE USER COLLATION STATISTICS');
const QUALIFIERS =
  'OR REPLACE GLOBAL LOCAL TEMPORARY TEMP UNLOGGED VIRTUAL FOREIGN UNIQUE FULLTEXT SPATIAL MATERIALIZED CONSTRAINT RECURSIVE'.split(
    ' ',
  );
/** What MySQL puts before the kind of a view or routine: ALGORITHM = MERGE DEFINER = 'user'@'host' SQL SECURITY INVOKER. */
const MYSQL_OPTIONS = ['ALGORITHM', 'DEFINER', 'SQL', 'AGGREGATE'];
const DEFINED = ['VIEW', 'FUNCTION', 'PROCEDURE', 'TRIGGER', 'EVENT'];

/** CREATE, ALTER or DROP. Of what cannot be read, the definition may touch every table. */
export function readDefinition(statement: Statement): readonly StatementEffect[] {
  const kindAt = kindOf(statement);
  const kind = statement.code(kindAt);
  const commits =
    statement.dialect === 'mysql' &&
    !statement.says(1, 'TEMPORARY') &&
    !statement.says(1, 'OR', 'REPLACE', 'TEMPORARY');
  if (statement.code(0) === 'CREATE') {
    if (kind === 'TABLE') return readCreateTable(statement, kindAt + 1, commits);
    if (kind === 'VIEW') return touching(commits, namesAfter(statement, kindAt + 1));
    return touching(commits, isNew(statement, kind) ? [] : undefined);
  }
  if (kind === 'TABLE' || kind === 'VIEW') {
    const named = namesAfter(statement, kindAt + 1);
    const others = namesBehind(statement, kindAt + 1, 'RENAME', 'TABLE', 'PARTITION', 'INHERIT');
    return touching(commits, named && others && [...named, ...others, ...inNewSchema(statement, kindAt + 1, named)]);
  }
  return touching(commits, isRowless(statement, kind) ? [] : undefined);
}

/** RENAME TABLE a TO b, c TO d, of MySQL. */
export function readRename(statement: Statement): readonly StatementEffect[] {
  if (!['TABLE', 'TABLES'].includes(statement.code(1)))
    return touching(true, statement.code(1) === 'USER' ? [] : undefined);
  const [named, others] = [namesAfter(statement, 2), namesBehind(statement, 2, 'TO', ',')];
  return touching(true, named && others && [...named, ...others]);
}

export function schema(commits: boolean, tables: readonly TableRef[]): StatementEffect {
  return { kind: 'schema', commits, tables };
}

/** A definition that touches these tables; all of them when they could not be read. */
function touching(commits: boolean, tables: readonly TableRef[] | undefined): StatementEffect[] {
  return tables ? [schema(commits, tables)] : [schema(commits, []), UNKNOWN];
}

function kindOf(statement: Statement): number {
  const at = statement.skip(1, ...QUALIFIERS);
  if (statement.dialect !== 'mysql' || !MYSQL_OPTIONS.includes(statement.code(at))) return at;
  const kind = statement.findAnywhere(at + 1, ...DEFINED);
  return kind < 0 ? at : kind;
}

function isNew(statement: Statement, kind: string): boolean {
  return NEW_KINDS.has(kind) && !statement.says(1, 'OR', 'REPLACE');
}

/** A DROP ... CASCADE takes columns along, an enum's new spelling and a composite's attribute show in every row. */
function isRowless(statement: Statement, kind: string): boolean {
  return ROWLESS_KINDS.has(kind) && statement.findAnywhere(1, 'CASCADE', 'VALUE', 'ATTRIBUTE') < 0;
}

/** ALTER TABLE a.t SET SCHEMA b brings the rows to b.t. */
function inNewSchema(statement: Statement, from: number, tables: readonly TableRef[]): TableRef[] {
  const at = statement.find(from, statement.length, 'SCHEMA');
  const to = at < 0 || statement.code(at - 1) !== 'SET' ? undefined : statement.identifier(at + 1);
  return to === undefined ? [] : tables.map(({ name }) => ({ name, schema: to }));
}

/** Its rows are all new, and CREATE OR REPLACE drops those there were. A query of PostgreSQL may write others. */
function readCreateTable(statement: Statement, at: number, commits: boolean): StatementEffect[] {
  const created = touching(commits, namesAfter(statement, at));
  const as = statement.dialect === 'postgres' ? statement.find(at, statement.length, 'AS') : -1;
  if (as < 0) return created;
  const { reading, writes, placed } = scanTables(statement, as + 1);
  if (!placed || statement.code(as + 1) === 'EXECUTE') return [...created, UNKNOWN];
  return writes.length > 0 ? [...created, { kind: 'write', writes, ...reading }] : created;
}
