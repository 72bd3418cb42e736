import { BoundedMemo } from './bounded-memo.js';
import { placeStatement } from './place-statement.js';
import { readMentions } from './read-mentions.js';
import { ownText } from './own-text.js';
import { LONG_TEXT, shorten } from './shorten.js';
import { splitStatements } from './split-statements.js';
import { type SqlDialect, type StatementEffect, UNKNOWN } from './statement-effect.js';
import type { Token } from './token.js';
import { tokenize } from './tokenizer.js';

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
  // For some drivers of SQLite the text ends at a NUL, for the others it does not.
  const effects = sql.includes('\0') ? [UNKNOWN] : read(sql, dialect);
  memo.set(sql, effects);
  return effects;
}

function read(sql: string, dialect: SqlDialect): readonly StatementEffect[] {
  if (sql.length <= LONG_TEXT) return readExactly(sql, dialect);
  const last = lastLong;
  lastLong = undefined;
  if (last?.dialect === dialect && last.sql === sql) return last.effects;
  const effects = readLong(sql, dialect);
  lastLong = { sql, dialect, effects };
  return effects;
}

/** A long text is read before it runs and when it has: the first time it is kept, the second time it goes. */
let lastLong: { sql: string; dialect: SqlDialect; effects: readonly StatementEffect[] } | undefined;

function readLong(sql: string, dialect: SqlDialect): readonly StatementEffect[] {
  const shorter = shorten(sql, dialect);
  return shorter.length <= LONG_TEXT ? readShortened(ownText(shorter), dialect) : readMentions(shorter, dialect);
}

/** Of a text that says less than it did: some of its rows are missing, and its placeholders count otherwise. */
export function readShortened(sql: string, dialect: SqlDialect): readonly StatementEffect[] {
  return readExactly(sql, dialect).map((effect) =>
    effect.kind === 'write' ? { ...effect, writes: effect.writes.map(({ rows: _rows, ...change }) => change) } : effect,
  );
}

export function readExactly(sql: string, dialect: SqlDialect): readonly StatementEffect[] {
  const { tokens, complete } = tokenize(sql, dialect);
  const effects = place(tokens, dialect, complete);
  if (!tokens.some(({ conditional }) => conditional)) return effects;
  // Whether a server runs an executable comment depends on its version, so either way counts.
  const others = place(
    tokens.filter(({ conditional }) => !conditional),
    dialect,
    complete,
  );
  const both = [...effects, ...others];
  // To follow a COMMIT that was a comment would forget what is pending.
  return sameTransactions(effects, others)
    ? both
    : both.map((effect) => (effect.kind === 'transaction' ? UNKNOWN : effect));
}

function sameTransactions(...variants: [StatementEffect[], StatementEffect[]]): boolean {
  const [one, other] = variants.map((effects) => JSON.stringify(effects.filter(({ kind }) => kind === 'transaction')));
  return one === other;
}

function place(tokens: readonly Token[], dialect: SqlDialect, complete: boolean): StatementEffect[] {
  const { statements, lost } = splitStatements(tokens, dialect);
  const whole = complete ? statements : statements.slice(0, -1);
  const effects = whole.flatMap(placeStatement);
  return complete && !lost ? effects : [...effects, UNKNOWN];
}
