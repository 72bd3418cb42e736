import { oneLine } from '../../events/one-line.js';
import { type PieceKind, Pieces } from './pieces.js';
import type { SqlDialect } from './statement-effect.js';
import { LONG_TEXT } from './text-reader.js';

/** More says nothing more of where it comes from. */
const LONGEST = 300;
/** No database takes longer names: what is longer is data. */
const LONGEST_NAME = 64;

const REDACTED = '?';

/** Signs of SQL. Any other one outside of quotes says that the text was not read as its database would. */
const SIGN = /[-(),.;:=<>*+/%!|&~^@?[\]$]/;
/** Where a database and its reader may disagree on the end of a string: it depends on a setting whether it is one. */
const DOUBTFUL_QUOTE = /\\['"]/;

/**
 * A statement that may be told of: its words and names, `?` in place of every value, on one line, without comments. It is asked for
 * texts that nobody could place, so what may not have been read as the database would is left out: from the first string on, all of it.
 */
export function redact(sql: string, dialect: SqlDialect): string {
  const pieces = new Pieces(sql.slice(0, LONG_TEXT), dialect);
  let told = '';
  /** How much of it stands before the first string or comment: a reading goes wrong nowhere else. */
  let certain: number | undefined;
  let isBehindValue = false;
  let isExecutable = false;
  let hasRows = false;
  const setting = new Setting();
  while (pieces.next()) {
    const { kind, text } = pieces;
    if (kind === 'edge') isExecutable = text !== '*/';
    // A server too old for an executable comment ends it there.
    else if (isExecutable && text.includes('*/')) return bounded(told.slice(0, certain) + REDACTED);
    if (isDoubtful(kind, text)) return bounded(told.slice(0, certain) + REDACTED);
    if (kind === 'string' || kind === 'opaque' || kind === 'edge' || isComment(kind, text)) certain ??= told.length;
    // The rows of COPY FROM STDIN, as in a dump.
    if (kind === 'word' && dialect === 'postgres' && /^stdin$/i.test(text)) hasRows = true;
    else if (hasRows && text === ';') return bounded(`${told}; ${REDACTED}`);
    if (kind === 'space' || kind === 'edge') {
      told = `${told.trimEnd()} `;
      isBehindValue = false;
      continue;
    }
    // What is glued to a value is part of it: 0xff is a number and a word.
    const isValue: boolean = setting.isValue(kind, text) || isBehindValue;
    const isTold: boolean = kind === 'symbol' || (isName(kind, text, dialect) && !isValue);
    if (isTold) told += text;
    else if (!isBehindValue) told += REDACTED;
    isBehindValue = !isTold;
  }
  return bounded(told);
}

/** `SET app.token TO hunter2`, `PRAGMA key = hunter2`: values that are written as names. */
class Setting {
  #begins = true;
  #isOne = false;
  #hasName = false;

  /** Asked of each piece in turn, except space. */
  isValue(kind: PieceKind, text: string): boolean {
    if (kind === 'symbol' && text === ';') {
      this.#begins = true;
      this.#isOne = this.#hasName = false;
    } else if (this.#begins) {
      this.#begins = false;
      this.#isOne = kind === 'word' && /^(set|pragma)$/i.test(text);
    } else if (this.#isOne && !this.#hasName) this.#hasName = /^(=|to)$/i.test(text);
    else return this.#isOne;
    return false;
  }
}

/** The sign of a text that was not read as its database would. */
function isDoubtful(kind: PieceKind, text: string): boolean {
  return kind === 'open' || (kind === 'symbol' && !SIGN.test(text)) || (kind === 'string' && DOUBTFUL_QUOTE.test(text));
}

function isComment(kind: PieceKind, text: string): boolean {
  return kind === 'space' && text.trim() !== '';
}

function isName(kind: PieceKind, text: string, dialect: SqlDialect): boolean {
  if (text.length > LONGEST_NAME) return false;
  // MySQL's numbers in other forms begin like a word.
  if (kind === 'word') return !/^\d/.test(text);
  // For want of a column SQLite takes such a name for a string.
  return kind === 'name' && !(dialect === 'sqlite' && text.startsWith('"'));
}

function bounded(told: string): string {
  const line = oneLine(told.trim());
  // A copy: what is cut out of a text keeps all of that text in memory.
  return structuredClone(line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line);
}
