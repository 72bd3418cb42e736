import type { Statement } from './statement.js';
import { scanTables } from './table-scanner.js';
import { type StatementEffect, type TableRef, UNKNOWN } from './statement-effect.js';

const TABLE_KINDS = ['TABLE', 'VIEW'];
/** Kinds that may be defined, changed and dropped without a row anywhere reading otherwise. */
const ROWLESS_KINDS =
  'INDEX SEQUENCE TYPE DOMAIN FUNCTION PROCEDURE AGGREGATE TRIGGER EVENT RULE EXTENSION ROLE USER COLLATION STATISTICS'.split(
    ' ',
  );
const NO_TABLES = ['COLUMN', 'INDEX', 'KEY', 'CONSTRAINT'];
const QUALIFIERS =
  'OR REPLACE GLOBAL LOCAL TEMPORARY TEMP UNLOGGED VIRTUAL FOREIGN UNIQUE FULLTEXT SPATIAL MATERIALIZED CONSTRAINT RECURSIVE'.split(
    ' ',
  );

/** CREATE, ALTER or DROP. */
export function readDefinition(statement: Statement): readonly StatementEffect[] {
  const verb = statement.code(0);
  const kindAt = statement.skip(1, ...QUALIFIERS);
  const kind = statement.code(kindAt);
  const commits =
    statement.dialect === 'mysql' &&
    !statement.says(1, 'TEMPORARY') &&
    !statement.says(1, 'OR', 'REPLACE', 'TEMPORARY');
  if (verb === 'CREATE') {
    if (kind === 'TABLE') return [readCreateTable(statement, kindAt + 1, commits)];
    // A definition alone changes no row, whatever it is of.
    return [schema(commits, kind === 'VIEW' ? namesAfter(statement, kindAt + 1) : [])];
  }
  if (TABLE_KINDS.includes(kind))
    return [
      schema(commits, [
        ...namesAfter(statement, kindAt + 1),
        ...namesBehind(statement, kindAt + 1, 'RENAME', 'TABLE', 'PARTITION', 'INHERIT'),
      ]),
    ];
  return isRowless(statement, kind) ? [schema(commits, [])] : [schema(commits, []), UNKNOWN];
}

/** RENAME TABLE a TO b, c TO d, of MySQL. */
export function readRename(statement: Statement): StatementEffect {
  if (!['TABLE', 'TABLES'].includes(statement.code(1))) return schema(true, []);
  return schema(true, [...namesAfter(statement, 2), ...namesBehind(statement, 2, 'TO', ',')]);
}

export function schema(commits: boolean, tables: readonly TableRef[]): StatementEffect {
  return { kind: 'schema', commits, tables };
}

/** The names of a list like `a, b` behind IF [NOT] EXISTS or ONLY. */
export function namesAfter(statement: Statement, at: number): TableRef[] {
  const names: TableRef[] = [];
  for (let next = statement.skip(at, 'IF', 'NOT', 'EXISTS', 'CONCURRENTLY', 'ONLY'); ;) {
    const named = statement.table(next);
    if (!named) return names;
    names.push(named.table);
    next = statement.skip(named.end, '*');
    if (statement.code(next) !== ',') return names;
    next = statement.skip(next + 1, 'ONLY');
  }
}

/** A DROP ... CASCADE takes columns along, and an enum's new spelling shows in every row. */
function isRowless(statement: Statement, kind: string): boolean {
  return ROWLESS_KINDS.includes(kind) && statement.findAnywhere(1, 'CASCADE', 'VALUE') < 0;
}

/** The names behind the keywords: of RENAME TO b, EXCHANGE PARTITION p WITH TABLE b, ATTACH PARTITION b. */
function namesBehind(statement: Statement, from: number, ...keywords: string[]): TableRef[] {
  const tables: TableRef[] = [];
  for (let at = from; at < statement.length; at = statement.after(at)) {
    if (!keywords.includes(statement.code(at))) continue;
    const next = statement.skip(at + 1, 'TO', 'AS');
    const named = NO_TABLES.includes(statement.code(next)) ? undefined : statement.table(next);
    if (named) tables.push(named.table);
  }
  return tables;
}

function readCreateTable(statement: Statement, at: number, commits: boolean): StatementEffect {
  const tables = namesAfter(statement, at);
  const query = queryStart(statement, at);
  if (query < 0 || tables.length === 0) return schema(commits, tables);
  const { reading, writes, placed } = scanTables(statement, query);
  if (!placed || statement.code(query) === 'EXECUTE') return UNKNOWN;
  const filled = tables.map((table) => ({ table, action: 'insert' as const }));
  return { kind: 'write', writes: [...filled, ...writes], ...reading, ...(commits && { commits }) };
}

/** Where the query of CREATE TABLE t AS ... begins, or -1. MySQL needs no AS. */
function queryStart(statement: Statement, from: number): number {
  const as = statement.find(from, statement.length, 'AS');
  return as >= 0 ? as + 1 : statement.findAnywhere(from, 'SELECT');
}
