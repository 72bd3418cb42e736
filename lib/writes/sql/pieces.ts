import { endOfNestedComment, endOfQuoted } from './quoted-text.js';
import type { SqlDialect } from './statement-effect.js';

const NUMBER = /\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/y;
const MYSQL_NUMBER = /\d+\.\d*(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+(?![\w$\x80-\uffff])/y;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$/y;
const DOLLAR_PARAMETER = /\$\d+/y;
const PLACEHOLDERS = /\?+/y;
const NUMBERED_PLACEHOLDER = /\?\d+/y;
const NAMED_PARAMETER = /[:@$#][\w$\x80-\uffff]+/y;
const EXECUTABLE_COMMENT = /\/\*M?!(?:\d{5,6})?/y;

/** As a token's, and: white space or a comment, an edge of an executable comment, and what never ends. */
export type PieceKind =
  'word' | 'name' | 'string' | 'opaque' | 'number' | 'parameter' | 'symbol' | 'space' | 'edge' | 'open';

const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const BYTE_ORDER_MARK = 0xfeff;
/** What a word may go on with: [A-Za-z0-9_$], and all that is not ASCII. */
const WORD_PART = Uint8Array.from({ length: 128 }, (_, code) => (/[\w$]/.test(String.fromCharCode(code)) ? 1 : 0));

/**
 * Walks over a text as its database would, without cutting anything out of it. A piece is what becomes a token, or what stands between
 * tokens.
 */
export class Pieces {
  kind: PieceKind = 'space';
  start = 0;
  end = 0;
  readonly #mysql: boolean;
  readonly #postgres: boolean;
  readonly #sqlite: boolean;
  #executable = false;
  #dotted = false;
  /** A string that goes on from another line, E'..' '..', keeps its backslashes. */
  #escapes = false;

  constructor(
    private readonly sql: string,
    dialect: SqlDialect,
  ) {
    this.#mysql = dialect === 'mysql';
    this.#postgres = dialect === 'postgres';
    this.#sqlite = dialect === 'sqlite';
  }

  /** Goes on to the next piece; false at the end. */
  next(): boolean {
    const { sql } = this;
    if (this.end >= sql.length) return false;
    if (this.#mysql && this.kind !== 'space' && this.kind !== 'edge')
      this.#dotted = this.kind === 'symbol' && sql.charCodeAt(this.start) === DOT;
    if (this.#postgres && this.kind !== 'space') this.#escapes = this.kind === 'opaque' && sql[this.start] !== '$';
    this.start = this.end;
    this.#cut(sql.charCodeAt(this.start));
    if (this.end <= this.start) this.#take('open', sql.length);
    return true;
  }

  get length(): number {
    return this.end - this.start;
  }

  get text(): string {
    return this.sql.slice(this.start, this.end);
  }

  #take(kind: PieceKind, end: number): void {
    this.kind = kind;
    this.end = end;
  }

  #cut(code: number): void {
    const { sql, start } = this;
    if (code > 127 || (WORD_PART[code] && code > NINE)) return this.#wordlike(code);
    if (code === 32 || (code >= TAB && code <= CARRIAGE_RETURN)) return this.#space();
    switch (sql[start]) {
      case "'":
        return this.#escapes
          ? this.#take('opaque', endOfQuoted(sql, start, true))
          : this.#take('string', endOfQuoted(sql, start, this.#mysql));
      case '"':
        return this.#take(this.#mysql ? 'string' : 'name', endOfQuoted(sql, start, this.#mysql));
      case '`':
        return this.#postgres ? this.#symbol() : this.#take('name', endOfQuoted(sql, start, false));
      case '[':
        return this.#sqlite ? this.#take('name', sql.indexOf(']', start) + 1) : this.#symbol();
      case '-':
        return this.#isLineComment() ? this.#lineComment() : this.#symbol();
      case '#':
        return this.#mysql ? this.#lineComment() : this.#named();
      case '/':
        return sql[start + 1] === '*' ? this.#comment() : this.#symbol();
      case '*':
        if (!this.#executable || sql[start + 1] !== '/') return this.#symbol();
        this.#executable = false;
        return this.#take('edge', start + 2);
      case '?':
        if (this.#postgres) return this.#symbol();
        return this.#take('parameter', this.#match(this.#mysql ? PLACEHOLDERS : NUMBERED_PLACEHOLDER) || start + 1);
      case '$':
        if (this.#mysql) return this.#word();
        return this.#postgres ? this.#dollar() : this.#named();
      case ':':
      case '@':
        return this.#named();
      default:
        return WORD_PART[code] ? this.#number() : this.#symbol();
    }
  }

  #symbol(): void {
    this.#take('symbol', this.start + 1);
  }

  #wordlike(code: number): void {
    const { sql, start } = this;
    if (this.#sqlite && code === BYTE_ORDER_MARK) return this.#take('space', start + 1);
    if (this.#postgres) {
      const letter = code | 32;
      const next = sql[start + 1];
      if (letter === 101 && next === "'") return this.#take('opaque', endOfQuoted(sql, start + 1, true));
      if (letter === 117 && next === '&' && sql[start + 2] === '"')
        return this.#take('name', endOfQuoted(sql, start + 2, false));
    }
    this.#word();
  }

  #word(): void {
    const { sql } = this;
    let at = this.start + 1;
    while (at < sql.length && isWordPart(sql.charCodeAt(at))) at++;
    this.#take('word', at);
  }

  #number(): void {
    const { sql } = this;
    // After a dot MySQL reads a name: `db.1st`.
    if (this.#mysql && this.#dotted) return this.#word();
    let at = this.start + 1;
    let next = sql.charCodeAt(at);
    while (next >= ZERO && next <= NINE) next = sql.charCodeAt(++at);
    if (next !== DOT && !isWordPart(next)) return this.#take('number', at);
    const end = this.#match(this.#mysql ? MYSQL_NUMBER : NUMBER);
    return end ? this.#take('number', end) : this.#word();
  }

  #named(): void {
    const end = this.#sqlite ? this.#match(NAMED_PARAMETER) : 0;
    if (end) this.#take('parameter', end);
    else this.#symbol();
  }

  #dollar(): void {
    const parameter = this.#match(DOLLAR_PARAMETER);
    if (parameter) return this.#take('parameter', parameter);
    const opened = this.#match(DOLLAR_QUOTE);
    if (!opened) return this.#symbol();
    const tag = this.sql.slice(this.start, opened);
    const close = this.sql.indexOf(tag, opened);
    this.#take('opaque', close < 0 ? -1 : close + tag.length);
  }

  #space(): void {
    const { sql } = this;
    let at = this.start + 1;
    for (let code; at < sql.length && ((code = sql.charCodeAt(at)) === 32 || (code >= TAB && code <= CARRIAGE_RETURN));)
      at++;
    this.#take('space', at);
  }

  #isLineComment(): boolean {
    const { sql, start } = this;
    if (sql[start + 1] !== '-') return false;
    return !this.#mysql || start + 2 >= sql.length || sql.charCodeAt(start + 2) <= 32;
  }

  #lineComment(): void {
    const { sql } = this;
    let at = this.start + 1;
    for (let code; at < sql.length && (code = sql.charCodeAt(at)) !== LINE_FEED; at++)
      if (code === CARRIAGE_RETURN && this.#postgres) break;
    this.#take('space', at);
  }

  #comment(): void {
    const { sql, start } = this;
    const opened = this.#mysql ? this.#match(EXECUTABLE_COMMENT) : 0;
    if (opened) {
      // Servers disagree on one inside another.
      this.#take('edge', this.#executable ? -1 : opened);
      this.#executable = true;
    } else if (this.#postgres) this.#take('space', endOfNestedComment(sql, start));
    else {
      const close = sql.indexOf('*/', start + 2);
      this.#take('space', close < 0 ? -1 : close + 2);
    }
  }

  /** Where what matches here ends; 0 when nothing does. */
  #match(pattern: RegExp): number {
    pattern.lastIndex = this.start;
    return pattern.test(this.sql) ? pattern.lastIndex : 0;
  }
}

function isWordPart(code: number): boolean {
  return code > 127 || WORD_PART[code] === 1;
}
