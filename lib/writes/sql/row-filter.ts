import { readOperand } from './operand.js';
import type { Operand, RowFilter } from './statement-effect.js';
import type { Statement } from './statement.js';

type Alternative = ReadonlyMap<string, Operand>;

/** Deeper parentheses name no rows: generated SQL stays far below, and a hostile text must not exhaust the stack. */
const DEEPEST = 20;
/** `a IN (..) AND b IN (..)` pins pairs up to this many; beyond, the second list is dropped, which only widens. */
const MOST_PAIRS = 1000;
/** More columns pin no row better, and every alternative carries them. */
const MOST_COLUMNS = 16;
/** So many pairs are made for one filter; beyond, it is as above. It keeps the time linear. */
const MOST_WORK = MOST_PAIRS * MOST_COLUMNS;
/** Words PostgreSQL and others read as functions, not as columns. */
const VALUES = /^(?:USER|(?:CURRENT|SESSION|SYSTEM)_\w+|LOCALTIME\w*|TRUE|FALSE|NULL)$/;

/**
 * The rows a WHERE in [from, end) can match, when each way to satisfy it pins a column to a value. Only plain equality with one operand
 * counts; what else stands beside it under AND is dropped, for it can only narrow.
 */
export function readRowFilter(statement: Statement, from: number, end: number): RowFilter | undefined {
  const alternatives = new FilterReader(statement).disjunction(from, end, 0);
  return alternatives && { alternatives };
}

/** SQLite's other names of an integer primary key, which no entity has by them. */
export function isRowId({ dialect }: Statement, column: string): boolean {
  return dialect === 'sqlite' && /^(?:rowid|oid|_rowid_)$/i.test(column);
}

class FilterReader {
  #work = 0;

  constructor(private readonly statement: Statement) {}

  disjunction(from: number, end: number, depth: number): Alternative[] | undefined {
    if (depth > DEEPEST || !this.#isPlain(from, end)) return undefined;
    const all: Alternative[][] = [];
    for (const [start, stop] of this.#split(from, end, 'OR')) {
      const alternatives = this.#conjunction(start, stop, depth);
      if (!alternatives) return undefined;
      all.push(alternatives);
    }
    return all.flat();
  }

  #conjunction(from: number, end: number, depth: number): Alternative[] | undefined {
    let pinned: Alternative[] | undefined;
    for (const [start, stop] of this.#split(from, end, 'AND')) {
      const alternatives = this.#condition(start, stop, depth);
      pinned = pinned && alternatives ? this.#pairs(pinned, alternatives) : (pinned ?? alternatives);
    }
    return pinned;
  }

  #condition(from: number, end: number, depth: number): Alternative[] | undefined {
    const { statement } = this;
    if (statement.code(from) === '(')
      return statement.after(from) === end ? this.disjunction(from + 1, end - 1, depth + 1) : undefined;
    const path = statement.path(from);
    const column = path?.parts.at(-1);
    if (!path || column === undefined || isRowId(statement, column)) return undefined;
    if (VALUES.test(statement.code(path.end - 1))) return undefined;
    if (statement.code(path.end) === '=') {
      const value = readOperand(statement, path.end + 1, end);
      return value && [new Map([[column, value]])];
    }
    if (!statement.says(path.end, 'IN', '(') || statement.after(path.end + 1) !== end) return undefined;
    const values = this.#split(path.end + 2, end - 1, ',').map(([start, stop]) => readOperand(statement, start, stop));
    return values.every((value) => value !== undefined) ? values.map((value) => new Map([[column, value]])) : undefined;
  }

  /** Nothing on this level binds looser than OR, mixes with AND, or makes it no condition at all. */
  #isPlain(from: number, end: number): boolean {
    const { statement } = this;
    if (['SELECT', 'WITH', 'VALUES', 'TABLE'].includes(statement.code(from))) return false;
    for (let at = from; at < end; at = statement.after(at)) {
      switch (statement.code(at)) {
        case ',':
        case 'XOR':
        case 'CASE':
          return false;
        case '|':
        case '&':
          // They may be OR and AND, or binary, as the server is set.
          if (statement.dialect === 'mysql') return false;
          break;
        case ':':
          if (statement.code(at + 1) === '=') return false;
          break;
      }
    }
    return true;
  }

  /** The parts of [from, end) between the separators of this level. The AND of a BETWEEN separates nothing. */
  #split(from: number, end: number, separator: string): [start: number, stop: number][] {
    const parts: [number, number][] = [];
    let start = from;
    let betweens = 0;
    for (let at = from; at < end; at = this.statement.after(at)) {
      const code = this.statement.code(at);
      if (code === 'BETWEEN') betweens++;
      if (code !== separator) continue;
      if (separator === 'AND' && betweens > 0) {
        betweens--;
        continue;
      }
      parts.push([start, at]);
      start = at + 1;
    }
    parts.push([start, end]);
    return parts;
  }

  #pairs(left: Alternative[], right: Alternative[]): Alternative[] {
    const count = left.length * right.length;
    if (count > MOST_PAIRS || this.#work > MOST_WORK || left.some(({ size }) => size >= MOST_COLUMNS)) return left;
    this.#work += count;
    // A column pinned twice keeps one of its values: a row that matches has both.
    return left.flatMap((one) => right.map((other) => new Map([...one, ...other])));
  }
}
