import { ParameterCounter } from './parameter-counter.js';
import { endOfNestedComment, readQuoted } from './quoted-text.js';
import type { SqlDialect } from './statement-effect.js';
import type { Token, Tokens } from './token.js';

const SPACE = /[ \t\n\r\f\v]+/y;
const BYTE_ORDER_MARK = '\ufeff';
const LEADING_MARKS = /\ufeff+/y;
const WORD = /[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*/y;
/** MySQL's names may begin with a digit or a dollar sign. */
const MYSQL_WORD = /[\w$\x80-\uffff]+/y;
export const NUMBER = /\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/y;
export const MYSQL_NUMBER = /\d+\.\d*(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+(?![\w$\x80-\uffff])/y;
const ESCAPE_STRING = /[eE](?=')/y;
const UNICODE_NAME = /[uU]&(?=")/y;
export const DOLLAR_QUOTE = /\$(?:[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$/y;
export const DOLLAR_PARAMETER = /\$\d+/y;
export const PLACEHOLDERS = /\?+/y;
export const NUMBERED_PLACEHOLDER = /\?\d+/y;
export const NAMED_PARAMETER = /[:@$#][\w$\x80-\uffff]+/y;
const MYSQL_LINE_COMMENT = /#|--(?=[\0-\x20]|$)/y;
export const EXECUTABLE_COMMENT = /\/\*M?!(?:\d{5,6})?/y;
const REST_OF_LINE = /[^\n]*/y;
/** PostgreSQL alone ends a line at a carriage return too. */
const POSTGRES_REST_OF_LINE = /[^\n\r]*/y;
/** In a MySQL hint, which its driver takes for code, these make the driver count other placeholders than we do. */
const MISCOUNTED = /[?'"`#]|--|\/\*/;

/** Cuts SQL into tokens as the database would. Never throws and never looks back: the time is linear in the text. */
export function tokenize(sql: string, dialect: SqlDialect): Tokens {
  const tokenizer = new Tokenizer(sql, dialect);
  const complete = tokenizer.run();
  return { tokens: tokenizer.tokens, complete };
}

class Tokenizer {
  readonly tokens: Token[] = [];
  readonly #parameters = new ParameterCounter();
  readonly #mysql: boolean;
  readonly #postgres: boolean;
  readonly #sqlite: boolean;
  #at = 0;
  /** What opened the executable comment we are in. */
  #executable = '';

  constructor(
    private readonly sql: string,
    dialect: SqlDialect,
  ) {
    this.#mysql = dialect === 'mysql';
    this.#postgres = dialect === 'postgres';
    this.#sqlite = dialect === 'sqlite';
  }

  /** False when something never ends. */
  run(): boolean {
    while (this.#at < this.sql.length) if (!this.#next()) return false;
    return this.#executable === '';
  }

  #next(): boolean {
    const char = this.sql[this.#at]!;
    switch (char) {
      case ' ':
        this.#at++;
        return true;
      case '(':
      case ')':
      case ',':
      case '.':
      case '=':
      case ';':
        return this.#symbol();
      case "'":
        return this.#quoted('string', this.#mysql);
      case '"':
        return this.#mysql ? this.#quoted('string', true) : this.#quoted('name', false);
      case '`':
        return this.#postgres ? this.#symbol() : this.#quoted('name', false);
      case '[':
        return this.#sqlite ? this.#bracketed() : this.#symbol();
      case '-':
      case '#':
        return this.#lineComment() || this.#named() || this.#symbol();
      case '/':
        return this.sql[this.#at + 1] === '*' ? this.#comment() : this.#symbol();
      case '*':
        return this.#endOfExecutable() || this.#symbol();
      case '?':
        return this.#placeholder();
      case '$':
        return this.#postgres ? this.#dollar() : this.#named() || this.#word() || this.#symbol();
      case ':':
      case '@':
        return this.#named() || this.#symbol();
      default:
        if (char < '0') return this.#match(SPACE) !== '' || this.#symbol();
        if (char <= '9') return this.#number() || this.#word();
        // White space where a token may begin, part of a name within one; to the others always the latter.
        if (this.#sqlite && char === BYTE_ORDER_MARK) return this.#match(LEADING_MARKS) !== '';
        return this.#prefixed(char) ?? (this.#word() || this.#symbol());
    }
  }

  #quoted(kind: Token['kind'], backslashes: boolean): boolean {
    const quoted = readQuoted(this.sql, this.#at, backslashes);
    if (!quoted) return false;
    this.#at = quoted.end;
    return this.#push(quoted.escaped ? 'opaque' : kind, quoted.text);
  }

  #bracketed(): boolean {
    const start = this.#at + 1;
    const end = this.sql.indexOf(']', start);
    if (end < 0) return false;
    this.#at = end + 1;
    return this.#push('name', this.sql.slice(start, end));
  }

  /** E'..' and U&"..": their escapes are not undone, so they must not pass for another value or name. */
  #prefixed(char: string): boolean | undefined {
    if (!this.#postgres || !'eEuU'.includes(char)) return undefined;
    if (this.#match(ESCAPE_STRING)) return this.#quoted('opaque', true);
    return this.#match(UNICODE_NAME) ? this.#quoted('opaque', false) : undefined;
  }

  #number(): boolean {
    // After a dot MySQL reads a name: `db.1st`.
    if (this.#mysql && this.tokens.at(-1)?.code === '.') return false;
    const text = this.#match(this.#mysql ? MYSQL_NUMBER : NUMBER);
    return text !== '' && this.#push(/^\d+$/.test(text) ? 'number' : 'opaque', text);
  }

  #word(): boolean {
    const text = this.#match(this.#mysql ? MYSQL_WORD : WORD);
    return text !== '' && this.#push('word', text, text.toUpperCase());
  }

  #dollar(): boolean {
    const parameter = this.#match(DOLLAR_PARAMETER);
    if (parameter) return this.#push('parameter', parameter, '', Number(parameter.slice(1)) - 1);
    const tag = this.#match(DOLLAR_QUOTE);
    if (!tag) return this.#symbol();
    const start = this.#at;
    const end = this.sql.indexOf(tag, start);
    if (end < 0) return false;
    this.#at = end + tag.length;
    return this.#push('opaque', this.sql.slice(start, end));
  }

  #placeholder(): boolean {
    if (this.#postgres) return this.#symbol();
    if (this.#sqlite) {
      const numbered = this.#match(NUMBERED_PLACEHOLDER);
      if (numbered) return this.#parameter(numbered, this.#parameters.numbered(Number(numbered.slice(1)) - 1));
      return this.#parameter(this.sql[this.#at++]!, this.#parameters.next());
    }
    const run = this.#match(PLACEHOLDERS);
    // The driver leaves /*M! alone, takes ?? for a name and more than two for text.
    if (this.#executable === 'M!' || run.length > 2) return this.#push('opaque', run);
    const place = this.#parameters.next();
    return run.length === 2 ? this.#push('opaque', run) : this.#parameter(run, place);
  }

  #parameter(text: string, place: number | undefined): boolean {
    return place === undefined ? this.#push('opaque', text) : this.#push('parameter', text, '', place);
  }

  #named(): boolean {
    if (!this.#sqlite) return false;
    const name = this.#match(NAMED_PARAMETER);
    if (!name) return false;
    this.#parameters.named(name);
    return this.#push('opaque', name);
  }

  #lineComment(): boolean {
    const starts = this.#mysql ? this.#match(MYSQL_LINE_COMMENT) !== '' : this.sql.startsWith('--', this.#at);
    if (starts) this.#match(this.#postgres ? POSTGRES_REST_OF_LINE : REST_OF_LINE);
    return starts;
  }

  #comment(): boolean {
    if (this.#mysql) {
      const opening = this.#match(EXECUTABLE_COMMENT);
      if (opening) return this.#startOfExecutable(opening.includes('M') ? 'M!' : '!');
    }
    const start = this.#at;
    const close = this.#postgres ? endOfNestedComment(this.sql, start) : this.sql.indexOf('*/', start + 2) + 2;
    if (close < start + 4) return false;
    this.#at = close;
    if (this.#mysql && this.sql[start + 2] === '+' && MISCOUNTED.test(this.sql.slice(start + 3, close - 2)))
      this.#parameters.lose();
    return true;
  }

  #startOfExecutable(opening: string): boolean {
    // Servers disagree on one inside another.
    if (this.#executable) return false;
    this.#executable = opening;
    return true;
  }

  #endOfExecutable(): boolean {
    if (!this.#executable || this.sql[this.#at + 1] !== '/') return false;
    this.#executable = '';
    this.#at += 2;
    return true;
  }

  #symbol(): boolean {
    const char = this.sql[this.#at++]!;
    return this.#push('symbol', char, char);
  }

  #push(kind: Token['kind'], text: string, code = '', parameter = -1): true {
    this.tokens.push({ kind, text, code, parameter, conditional: this.#executable !== '' });
    return true;
  }

  /** The text that matches here, which is then behind us; empty when none does. */
  #match(pattern: RegExp): string {
    const start = this.#at;
    pattern.lastIndex = start;
    if (!pattern.test(this.sql)) return '';
    this.#at = pattern.lastIndex;
    return this.sql.slice(start, this.#at);
  }
}
