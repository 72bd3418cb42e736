import type { TableRef } from './statement-effect.js';
import type { Statement } from './statement.js';

/** What names no table behind RENAME, PARTITION and the like. */
const NO_TABLES = ['COLUMN', 'INDEX', 'KEY', 'CONSTRAINT'];

/** The names of a list like `a, b` behind IF [NOT] EXISTS or ONLY; `undefined` when one of them cannot be read. */
export function namesAfter(statement: Statement, at: number): TableRef[] | undefined {
  const names: TableRef[] = [];
  for (let next = statement.skip(at, 'IF', 'NOT', 'EXISTS', 'CONCURRENTLY', 'ONLY'); ;) {
    const named = statement.table(next);
    if (!named) return undefined;
    names.push(named.table);
    next = statement.skip(named.end, '*');
    if (statement.code(next) !== ',') return names;
    next = statement.skip(next + 1, 'ONLY');
  }
}

/**
 * The names behind the keywords: of RENAME TO b, EXCHANGE PARTITION p WITH TABLE b, ATTACH PARTITION b; `undefined` when one of them
 * cannot be read.
 */
export function namesBehind(statement: Statement, from: number, ...keywords: string[]): TableRef[] | undefined {
  const tables: TableRef[] = [];
  for (let at = from; at < statement.length; at = statement.after(at)) {
    if (!keywords.includes(statement.code(at))) continue;
    const next = statement.skip(at + 1, 'TO', 'AS', '=');
    if (NO_TABLES.includes(statement.code(next))) continue;
    const named = statement.table(next);
    if (named) tables.push(named.table);
    else if (mayBeName(statement, next)) return undefined;
  }
  return tables;
}

/** No symbol, as in ADD PARTITION (...): a string or an escaped name may be one. */
function mayBeName(statement: Statement, at: number): boolean {
  const kind = statement.tokens[at]?.kind;
  return kind !== undefined && kind !== 'symbol' && kind !== 'number';
}
