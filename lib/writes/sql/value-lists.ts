import { MOVING_TEXT } from './moved-names.js';
import type { SqlDialect } from './statement-effect.js';
import type { Token } from './token.js';
import { NOW_BY_DEFAULT } from './volatile-functions.js';
import { isTimeWord } from './volatile-value.js';

const PLAIN_WORDS = ['NULL', 'DEFAULT', 'TRUE', 'FALSE'];
const HEXADECIMAL = /^0x[0-9a-f]+$/i;

/** One pair of parentheses. */
class Level {
  /** What stands before the next token, or before the comma in between. */
  before: 'nothing' | 'value' | 'group' | 'other' | 'cast' | 'type' = 'nothing';
  isBehindComma = false;
  /** How many tokens there were behind its last item, or are to be. */
  end = 0;
  /** The last item says nothing that the one before it did not. */
  isRepeated = false;
  /** Nothing but plain values and commas, so far. */
  isPlain = true;

  constructor(
    /** No arguments of a call. */
    readonly isGroup: boolean,
    /** Values of which one says as much as all. */
    readonly isList: boolean,
    /** Arguments that are counted, or looked at one by one. */
    readonly isCounted: boolean,
  ) {}

  get beginsItem(): boolean {
    return this.isBehindComma || this.before === 'nothing';
  }

  other(): void {
    this.before = 'other';
    this.isBehindComma = this.isPlain = false;
  }
}

/**
 * Follows a statement's tokens as they are gathered, and takes back those that tell its readers nothing, which are most of a long text:
 * of the values of an IN, and of rows of values, all but the first.
 */
export class ValueLists {
  readonly #levels = [new Level(false, false, false)];
  #last: Token | undefined;

  constructor(
    private readonly tokens: Token[],
    readonly dialect: SqlDialect,
  ) {
    this.#level.other();
  }

  get #level(): Level {
    return this.#levels.at(-1)!;
  }

  /** A token has been gathered. */
  follow(token: Token): void {
    const level = this.#level;
    const last = this.#last;
    this.#last = token;
    switch (token.code) {
      case '(':
        return this.#open(level);
      case ')':
        return this.#close(level);
      case ',':
        if (level.before !== 'value' || level.isBehindComma) level.isPlain = false;
        level.isBehindComma = true;
        return;
      case '-':
        // Maybe the sign of a number to come.
        if (!level.beginsItem) level.other();
        return;
    }
    if (level.beginsItem && this.#isValue(token)) this.#item(level, 'value', level.isList);
    else if (!this.#continuesCast(level, token)) {
      // It goes on with a string that was taken back.
      if (isQuoted(token) && last && isQuoted(last) && this.tokens.at(-2) !== last) this.tokens.splice(-1, 0, last);
      level.other();
    }
  }

  #open(outer: Level): void {
    const before = this.tokens.at(-2);
    const isCall = before?.kind === 'word' || before?.kind === 'name';
    const isCounted = isCall && NOW_BY_DEFAULT[this.dialect].has(before.text.toUpperCase());
    this.#levels.push(new Level(!isCall, before?.code === 'IN', outer.isCounted || isCounted));
  }

  #close({ isGroup, isPlain, before, isBehindComma }: Level): void {
    if (this.#levels.length > 1) this.#levels.pop();
    const outer = this.#level;
    if (isGroup && isPlain && before === 'value' && !isBehindComma && outer.beginsItem) {
      this.#item(outer, 'group', true);
      outer.isPlain = false;
    } else outer.other();
  }

  /** Takes back, with its comma, what follows another of its kind. */
  #item(level: Level, kind: 'value' | 'group', mayBeLeftOut: boolean): void {
    level.isRepeated = mayBeLeftOut && !level.isCounted && level.before === kind;
    level.before = kind;
    level.isBehindComma = false;
    this.#end(level);
  }

  /** 'x'::type, of PostgreSQL. */
  #continuesCast(level: Level, token: Token): boolean {
    if (level.isBehindComma) return false;
    if (token.code === ':' && level.before === 'value') level.before = 'cast';
    else if (token.code === ':' && level.before === 'cast') level.before = 'type';
    else if (token.kind === 'word' && level.before === 'type') {
      level.before = 'value';
      this.#end(level);
    } else return false;
    return true;
  }

  #end(level: Level): void {
    if (level.isRepeated) this.tokens.length = level.end;
    else level.end = this.tokens.length;
  }

  /** A value that tells nothing: no time that passes, and not where names lead. */
  #isValue({ kind, text, code }: Token): boolean {
    switch (kind) {
      case 'number':
      case 'parameter':
        return true;
      case 'string':
      case 'opaque':
        if (MOVING_TEXT.test(text) || isTimeWord(text, this)) return false;
        // Escapes may spell anything.
        return kind === 'string' || this.dialect !== 'postgres' || !text.includes('\\');
      case 'word':
        // In SQLite a table may be called true.
        if (this.dialect === 'sqlite' && /^[tf]/i.test(text)) return false;
        return PLAIN_WORDS.includes(code) || (this.dialect === 'mysql' && HEXADECIMAL.test(text));
      default:
        return false;
    }
  }
}

function isQuoted({ kind }: Token): boolean {
  return kind === 'string' || kind === 'opaque';
}
