import { Pieces } from './pieces.js';
import type { SqlDialect } from './statement-effect.js';
import { LONG_STRING, TellingText } from './telling-text.js';
import { NOW_BY_DEFAULT } from './volatile-functions.js';

/** Longer texts are not read token by token. */
export const LONG_TEXT = 65_536;

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const PLAIN_WORDS = words('NULL DEFAULT TRUE FALSE');
/** Types that plain values are cast to. */
const TYPES = words(
  'TEXT VARCHAR CHAR INT INTEGER INT4 INT8 SMALLINT BIGINT NUMERIC REAL FLOAT8 BOOLEAN UUID JSON JSONB DATE TIMESTAMP TIMESTAMPTZ BYTEA',
);
/** Deeper parentheses stand as they are: a hostile text must not exhaust the memory. */
const DEEPEST = 1000;

/** What is known inside one pair of parentheses. */
interface Level {
  /** What stands before the next piece, or before the comma in between. */
  before: 'nothing' | 'value' | 'group' | 'other' | 'cast' | 'type';
  isBehindComma: boolean;
  /** Where its last value or group ends: to leave out what follows, the text is taken up there. */
  end: number;
  parts: number;
  kept: number;
  /** Nothing but plain values and commas, so far. */
  isPlain: boolean;
  /** No arguments of a call. */
  isGroup: boolean;
  /** Values of which one says as much as all. */
  isList: boolean;
  /** Within arguments that are counted, or looked at one by one. */
  isCounted: boolean;
}

/**
 * The text without what tells its readers nothing, which is most of a long one: comments, long strings, and rows and values of a list
 * behind the first. All else stands as written, in its order. Its placeholders are fewer, so they no longer name places.
 */
export function shorten(sql: string, dialect: SqlDialect): string {
  return new Shortener(sql, dialect).run();
}

class Shortener {
  readonly #pieces: Pieces;
  readonly #telling: TellingText;
  readonly #parts: string[] = [];
  /** By depth; made once, for there may be millions of pairs. */
  readonly #levels: Level[] = [newLevel()];
  #level = this.#levels[0]!;
  #depth = 0;
  /** From here on nothing is in the parts yet. */
  #kept = 0;
  /** The word or name before, if one is. */
  #wordFrom = 0;
  #wordTo = 0;
  #hasLeftOut = false;

  constructor(
    private readonly sql: string,
    private readonly dialect: SqlDialect,
  ) {
    this.#pieces = new Pieces(sql, dialect);
    this.#telling = new TellingText(sql, dialect);
  }

  run(): string {
    const pieces = this.#pieces;
    let isSpaced = false;
    while (pieces.next()) {
      const { kind, start, end } = pieces;
      if (kind === 'space') {
        if (isSpaced) this.#replace('');
        // A comment that ends with its line, and none that a new one could begin behind.
        else if (end - start > 1 || this.sql[start] === '#') this.#replace('\n');
        isSpaced = true;
        continue;
      }
      isSpaced = false;
      this.#step();
      this.#wordFrom = start;
      this.#wordTo = kind === 'word' || kind === 'name' ? end : start;
    }
    this.#parts.push(this.sql.slice(this.#kept));
    return this.#parts.join('');
  }

  #step(): void {
    const { kind, start, end } = this.#pieces;
    switch (kind) {
      case 'number':
      case 'parameter':
        return this.#value();
      case 'string':
      case 'opaque':
        return this.#string(end - start > LONG_STRING);
      case 'word':
        return this.#wordlike();
      case 'symbol':
        return this.#symbol(this.sql[start]!);
      case 'open':
        // One thing that never ends is as good as another.
        return this.#replace(" '");
      default:
        return this.#other();
    }
  }

  #symbol(symbol: string): void {
    const level = this.#level;
    switch (symbol) {
      case '(':
        return this.#open();
      case ')':
        return this.#close();
      case ',':
        if (level.before !== 'value' || level.isBehindComma) level.isPlain = false;
        level.isBehindComma = true;
        return;
      case '-':
        // The sign of a number to come.
        return this.#beginsItem ? undefined : this.#other();
      case ':':
        if (this.dialect !== 'postgres' || level.isBehindComma) return this.#other();
        if (level.before === 'value') level.before = 'cast';
        else if (level.before === 'cast') level.before = 'type';
        else this.#other();
        return;
      default:
        return this.#other();
    }
  }

  get #beginsItem(): boolean {
    return this.#level.isBehindComma || this.#level.before === 'nothing';
  }

  #open(): void {
    const outer = this.#level;
    this.#depth++;
    // Too deep: as if it were none of a level.
    if (this.#depth > DEEPEST) return this.#other();
    const level = (this.#levels[this.#depth] ??= newLevel());
    const word = this.#wordTo > this.#wordFrom ? this.sql.slice(this.#wordFrom, this.#wordTo).toUpperCase() : '';
    level.before = 'nothing';
    level.isBehindComma = false;
    level.isPlain = true;
    level.isGroup = word === '';
    level.isList = word === 'IN';
    level.isCounted =
      outer.isCounted || (word !== '' && NOW_BY_DEFAULT[this.dialect].has(word.replace(/^["`[](.*)["`\]]$/, '$1')));
    this.#level = level;
  }

  #close(): void {
    if (this.#depth === 0) return this.#other();
    this.#depth--;
    if (this.#depth >= DEEPEST) return this.#other();
    const { isGroup, isPlain, before, isBehindComma } = this.#level;
    this.#level = this.#levels[this.#depth]!;
    if (!isGroup || !isPlain || before !== 'value' || isBehindComma) return this.#other();
    this.#level.isPlain = false;
    this.#item('group', true);
  }

  #string(isLong: boolean): void {
    if (!isLong && this.#telling.isSilent && this.#pieces.kind === 'string') return this.#value();
    const { text } = this.#pieces;
    if (isLong) this.#replace(this.#telling.gist(text));
    if (this.#telling.tells(text)) this.#other();
    else this.#value();
  }

  #wordlike(): void {
    const { start, end } = this.#pieces;
    const level = this.#level;
    if (level.before === 'type' && TYPES.has(this.#pieces.text.toUpperCase())) {
      if (this.#hasLeftOut) this.#kept = end;
      else this.#markEnd();
      level.before = 'value';
    } else if (this.#beginsItem && this.#isPlainWord(start, end)) this.#value();
    else this.#other();
  }

  #isPlainWord(start: number, end: number): boolean {
    if (this.dialect === 'mysql' && this.sql.startsWith('0x', start))
      return /^0x[0-9a-f]+$/i.test(this.sql.slice(start, end));
    if (this.dialect === 'sqlite' && /^[tf]/i.test(this.sql[start]!)) return false;
    return end - start < 8 && PLAIN_WORDS.has(this.sql.slice(start, end).toUpperCase());
  }

  #value(): void {
    this.#item('value', this.#level.isList);
  }

  /** Leaves out, with its comma, what follows another of its kind. */
  #item(kind: 'value' | 'group', mayBeLeftOut: boolean): void {
    const level = this.#level;
    if (!this.#beginsItem || this.#depth > DEEPEST) return this.#other();
    this.#hasLeftOut = mayBeLeftOut && !level.isCounted && level.before === kind;
    if (this.#hasLeftOut) {
      this.#parts.length = level.parts;
      if (level.end > level.kept) this.#parts.push(this.sql.slice(level.kept, level.end));
      // What follows must not become a part of it.
      this.#parts.push('\n');
      this.#kept = this.#pieces.end;
    }
    level.before = kind;
    level.isBehindComma = false;
    if (!this.#hasLeftOut) this.#markEnd();
  }

  #markEnd(): void {
    const level = this.#level;
    level.end = this.#pieces.end;
    level.parts = this.#parts.length;
    level.kept = this.#kept;
  }

  #other(): void {
    const level = this.#level;
    level.before = 'other';
    level.isBehindComma = level.isPlain = false;
  }

  #replace(text: string): void {
    const { start, end } = this.#pieces;
    if (start > this.#kept) this.#parts.push(this.sql.slice(this.#kept, start));
    this.#parts.push(text);
    this.#kept = end;
  }
}

function newLevel(): Level {
  return {
    before: 'other',
    isBehindComma: false,
    end: 0,
    parts: 0,
    kept: 0,
    isPlain: false,
    isGroup: false,
    isList: false,
    isCounted: false,
  };
}
