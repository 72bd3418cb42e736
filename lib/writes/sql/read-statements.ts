import { BoundedMemo } from './bounded-memo.js';
import { type SqlDialect, type StatementEffect, UNKNOWN } from './statement-effect.js';
import { LONG_TEXT, TextReader } from './text-reader.js';

const MOST_TEXTS = 300;
const LONGEST_TEXT = 4096;

const known: Record<SqlDialect, BoundedMemo<readonly StatementEffect[]>> = {
  postgres: new BoundedMemo(MOST_TEXTS, LONGEST_TEXT),
  mysql: new BoundedMemo(MOST_TEXTS, LONGEST_TEXT),
  sqlite: new BoundedMemo(MOST_TEXTS, LONGEST_TEXT),
};

/**
 * What the statements of a text do, in their order: usually one effect each, two where a definition also touches unknown tables.
 * Never throws; what cannot be placed is `unknown`, never a read. An empty text does nothing.
 */
export function readStatements(sql: string, dialect: SqlDialect): readonly StatementEffect[] {
  // Drivers take more than a text, such as pg's query configurations.
  if (typeof sql !== 'string') return [UNKNOWN];
  const memo = known[dialect];
  const remembered = memo.get(sql);
  if (remembered) return remembered;
  const effects = sql.length <= LONGEST_TEXT ? read(sql, dialect) : readTwice(sql, dialect);
  memo.set(sql, effects);
  return effects;
}

/** A text is read before it runs and when it has: a long one is kept the first time, and goes the second time. */
function readTwice(sql: string, dialect: SqlDialect): readonly StatementEffect[] {
  const last = lastLong;
  lastLong = undefined;
  if (last?.dialect === dialect && last.sql === sql) return last.effects;
  const effects = read(sql, dialect);
  lastLong = { sql, dialect, effects };
  return effects;
}

let lastLong: { sql: string; dialect: SqlDialect; effects: readonly StatementEffect[] } | undefined;

function read(sql: string, dialect: SqlDialect): readonly StatementEffect[] {
  // For some drivers of SQLite the text ends at a NUL, for the others it does not.
  if (sql.includes('\0')) return [UNKNOWN];
  return readText(sql, dialect, sql.length > LONG_TEXT);
}

export function readText(sql: string, dialect: SqlDialect, isLong: boolean): readonly StatementEffect[] {
  const reader = new TextReader(sql, dialect, isLong);
  const effects = reader.run(true);
  if (!reader.hasConditional) return effects;
  // Whether a server runs an executable comment depends on its version, so either way counts.
  const others = new TextReader(sql, dialect, isLong).run(false);
  const both = [...effects, ...others];
  // To follow a COMMIT that was a comment would forget what is pending.
  return sameTransactions(effects, others)
    ? both
    : both.map((effect) => (effect.kind === 'transaction' ? UNKNOWN : effect));
}

function sameTransactions(...variants: [readonly StatementEffect[], readonly StatementEffect[]]): boolean {
  const [one, other] = variants.map((effects) => JSON.stringify(effects.filter(({ kind }) => kind === 'transaction')));
  return one === other;
}
