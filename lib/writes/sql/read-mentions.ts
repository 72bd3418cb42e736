import { ownText } from './own-text.js';
import { movesNames } from './moved-names.js';
import { Pieces } from './pieces.js';
import { placeStatement } from './place-statement.js';
import { opensBlock } from './split-statements.js';
import { LONG_TEXT } from './shorten.js';
import { Statement } from './statement.js';
import { type SqlDialect, type StatementEffect, type TableChange, type TableRef, UNKNOWN } from './statement-effect.js';
import { TellingText } from './telling-text.js';
import { tokenize } from './tokenizer.js';
import { volatileValue } from './volatile-value.js';

const ACTIONS: Readonly<Record<string, readonly TableChange['action'][]>> = {
  INSERT: ['insert'],
  INTO: ['insert'],
  UPDATE: ['upsert'],
  DELETE: ['delete'],
  REPLACE: ['upsert', 'delete'],
  MERGE: ['upsert', 'delete'],
};
/** With these begins what is read by mention; every other statement is read as it is, or not at all. */
const DATA = new Set(words('( SELECT WITH VALUES TABLE INSERT REPLACE UPDATE DELETE MERGE'));
/** What says more than this may mean any table. */
const MOST_MENTIONS = 1000;
const DEEPEST = 1000;
/** In characters, for short ones are many. */
const COST_OF_STATEMENT = 50;

/** What a word does to the list of tables it stands in: names come next; they end; FROM brings some from here on; FROM does not. */
const [NAMES, ENDS, ASKS, FROM, DISTINCT] = [1, 2, 4, 8, 16] as const;
const ROLES = new Map<string, number>([
  ...withRole(
    'JOIN STRAIGHT_JOIN USING TABLE INTO ONLY LATERAL IGNORE LOW_PRIORITY HIGH_PRIORITY DELAYED QUICK',
    NAMES,
  ),
  ...withRole('ROLLBACK ABORT FAIL', NAMES),
  ...withRole('INSERT REPLACE UPDATE DELETE MERGE', NAMES | ASKS),
  ...withRole('SELECT VALUES', ENDS | ASKS),
  ...withRole('SET WHERE HAVING LIMIT UNION INTERSECT EXCEPT WINDOW RETURNING GROUP ORDER', ENDS),
  ...withRole('FROM', FROM),
  ...withRole('DISTINCT', DISTINCT),
]);
/** What is known of a pair of parentheses: a comma brings another table; a FROM names tables. */
const [LIST, QUERY] = [1, 2] as const;
/** Reserved everywhere, so never tables. */
const RESERVED = new Set(
  words('SELECT FROM WHERE AND OR NOT IN AS ON CASE WHEN THEN ELSE NULL UNION ORDER GROUP HAVING'),
);
/** What readers know by its company is mentioned in company. */
const COMPANY: Readonly<Record<string, string>> = {
  NEXT: 'NEXT VALUE FOR',
  PREVIOUS: 'PREVIOUS VALUE FOR',
  TEMP: 'LOCAL TEMP',
  TEMPORARY: 'LOCAL TEMPORARY',
};

/**
 * What a text does that is long even when shortened, by what it mentions: queries and changes of rows that follow each other read and
 * write, as one, every table that any name in them may be. Statements between them are read as they are.
 */
export function readMentions(sql: string, dialect: SqlDialect): readonly StatementEffect[] {
  return new MentionReader(sql, dialect).run();
}

const LONGEST_NAME = 1_000;

class MentionReader {
  readonly #pieces: Pieces;
  readonly #telling: TellingText;
  readonly #effects: StatementEffect[] = [];
  /** Words, names, dotted names and telling strings as written, and their roles. */
  #mentions = new Map<string, number>();
  #calls = new Set<string>();
  /** May mean what nobody can read. */
  #isUnreadable = false;
  /** How much has been read as it is. */
  #exact = 0;

  /** Of the statement: where it begins, and whether it is read by mention. */
  #from = -1;
  #isData = false;
  readonly #levels: number[] = [];
  #level = 0;
  /** A table comes next. */
  #expects = false;
  #chainFrom = -1;
  #chainTo = -1;
  /** The piece before: its kind, or the symbol. */
  #before = '';
  #isDistinct = false;

  constructor(
    private readonly sql: string,
    private readonly dialect: SqlDialect,
  ) {
    this.#pieces = new Pieces(sql, dialect);
    this.#telling = new TellingText(sql, dialect);
  }

  run(): readonly StatementEffect[] {
    const pieces = this.#pieces;
    while (pieces.next()) {
      const { kind, start } = pieces;
      if (kind === 'space') continue;
      // Some servers see what is in it.
      if (kind === 'edge') return this.#lost();
      if (kind === 'open') return this.#lost();
      const piece = kind === 'symbol' ? this.sql[start]! : kind;
      if (piece === ';' && this.#levels.length === 0) {
        if (!this.#end()) return this.#lost();
        continue;
      }
      if (this.#from < 0) this.#begin(piece);
      if (this.#levels.length > DEEPEST) return this.#lost();
      this.#step(piece);
      this.#before = piece;
    }
    if (!this.#end()) return this.#lost();
    this.#tellMentions();
    return this.#effects;
  }

  /** What follows is not read. */
  #lost(): readonly StatementEffect[] {
    this.#tellMentions();
    return [...this.#effects, UNKNOWN];
  }

  #begin(piece: string): void {
    this.#from = this.#pieces.start;
    this.#isData = DATA.has(piece === 'word' ? this.#pieces.text.toUpperCase() : piece);
    this.#level = 0;
    this.#expects = false;
    this.#before = '';
  }

  /** The statement ends before the piece we are at; false when it cannot be told where. */
  #end(): boolean {
    this.#endChain('');
    const from = this.#from;
    this.#from = -1;
    if (from < 0) return true;
    if (this.#levels.length > 0) return false;
    if (this.#isData) return true;
    this.#tellMentions();
    const { start, end, kind } = this.#pieces;
    const to = kind === 'symbol' && this.sql[start] === ';' ? start : end;
    this.#exact += to - from + COST_OF_STATEMENT;
    if (this.#exact > LONG_TEXT) return false;
    const statement = new Statement(tokenize(ownText(this.sql.slice(from, to)), this.dialect).tokens, this.dialect);
    if (opensBlock(statement)) return false;
    this.#effects.push(...placeStatement(statement));
    return true;
  }

  #step(piece: string): void {
    if (piece === 'word' || piece === 'name') {
      if (!this.#isData) return;
      if (this.#before !== '.' || this.#chainFrom < 0) {
        this.#endChain(piece);
        this.#chainFrom = this.#pieces.start;
      }
      this.#chainTo = this.#pieces.end;
      // U&"..": a name that may spell anything.
      if (piece === 'name' && /[uU]/.test(this.sql[this.#pieces.start]!)) this.#isUnreadable = true;
      return;
    }
    if (piece === '.' && this.#chainFrom >= 0) return;
    this.#endChain(piece);
    switch (piece) {
      case '(':
        this.#levels.push(this.#level);
        this.#level = this.#expects ? LIST | QUERY : 0;
        return;
      case ')':
        this.#isUnreadable ||= this.#levels.length === 0;
        this.#level = this.#levels.pop() ?? 0;
        break;
      case ',':
        this.#expects = (this.#level & LIST) !== 0;
        return;
      case 'string':
      case 'opaque':
        this.#string();
        this.#value();
        break;
      case 'parameter':
        this.#value();
        break;
      case ';':
        // Within parentheses: there is no telling what begins here.
        this.#isUnreadable = true;
        break;
      case '@':
        if (this.#isData && this.dialect === 'mysql') this.#mention('@a');
        break;
    }
    this.#expects = false;
  }

  /** Where a table is expected, or behind the dot of its schema, it names one. */
  #value(): void {
    if (this.#isData && (this.#expects || this.#before === '.')) this.#isUnreadable = true;
  }

  #string(): void {
    if (!this.#isData || this.dialect === 'mysql') return;
    const mayTell = this.#before === 'string' || this.#before === '&' || this.#pieces.kind === 'opaque';
    if (!mayTell && this.#telling.isSilent) return;
    // What it tells is enough: it may tell it in many ways.
    if (this.#telling.tells(this.#pieces.text)) {
      this.#mention("'now'");
      if (this.#telling.moving) this.#mention("'search_path'");
    }
    // Strings on lines of their own are put together, and U&'..' may spell anything.
    else if (this.dialect === 'postgres' && (this.#before === 'string' || this.#before === '&')) this.#mention("'now'");
  }

  #endChain(next: string): void {
    if (this.#chainFrom < 0) return;
    const text = this.sql.slice(this.#chainFrom, this.#chainTo);
    const isFirst = this.#chainFrom === this.#from;
    this.#chainFrom = -1;
    // No name is that long.
    if (text.length > LONGEST_NAME) {
      this.#isUnreadable = true;
      this.#expects = false;
      return;
    }
    if (next === '(') {
      this.#calls.add(text);
      // INSERT(..) and REPLACE(..) are functions, too.
      if (!isFirst && /^(?:INSERT|REPLACE)$/i.test(text)) return;
    }
    const role = this.#mention(text);
    const isFrom = role === FROM && (this.#level & QUERY) !== 0 && !this.#isDistinct;
    this.#isDistinct = role === DISTINCT;
    this.#expects = isFrom || (role & NAMES) !== 0;
    if (this.#expects) this.#level |= LIST;
    if (role & ENDS) this.#level &= ~LIST;
    if (role & ASKS) this.#level |= QUERY;
  }

  #mention(text: string): number {
    const known = this.#mentions.get(text);
    if (known !== undefined) return known;
    const role = ROLES.get(text.toUpperCase()) ?? 0;
    if (this.#mentions.size < MOST_MENTIONS) this.#mentions.set(text, role);
    else this.#isUnreadable = true;
    return role;
  }

  /** What the statements up to here read and write. */
  #tellMentions(): void {
    const [mentions, calls] = [[...this.#mentions.keys()], [...this.#calls]];
    if (this.#isUnreadable) this.#effects.push(UNKNOWN);
    else if (mentions.length > 0) this.#effects.push(effectOf(mentions, calls, this.dialect));
    this.#mentions = new Map();
    this.#calls = new Set();
    this.#isUnreadable = false;
  }
}

/** Said in a short statement of its own, which the readers of values and settings can look at. */
function effectOf(mentions: readonly string[], calls: readonly string[], dialect: SqlDialect): StatementEffect {
  const said = mentions.map((text) => COMPANY[text.toUpperCase()] ?? text);
  const sql = ownText(['SELECT', ...said, ...calls.map((name) => `${name}()`)].join(' , '));
  const statement = new Statement(tokenize(sql, dialect).tokens, dialect);
  const found = new Map<string, TableRef>();
  const actions = new Set<TableChange['action']>();
  for (let at = 0; at < statement.length; at++) {
    for (const action of ACTIONS[statement.code(at)] ?? []) actions.add(action);
    const { parts, end } = statement.path(at) ?? { parts: [], end: at + 1 };
    if (RESERVED.has(statement.code(at))) continue;
    const named = parts.length > 1 ? statement.table(at)?.table : undefined;
    for (const table of [...parts.map((name) => ({ name })), ...(named ? [named] : [])])
      found.set(JSON.stringify([table.name, named === table && named]), table);
    at = end - 1;
  }
  const tables = [...found.values()];
  const volatile = volatileValue(statement, tables);
  const moves = movesNames(statement);
  const reading = {
    tables,
    subqueries: tables,
    ...(volatile !== undefined && { volatile }),
    ...(moves && { moves }),
  };
  if (actions.size === 0) return { kind: 'read', ...reading };
  const writes = tables.flatMap((table) => [...actions].map((action) => ({ table, action })));
  return { kind: 'write', writes, ...reading };
}

function words(text: string): readonly string[] {
  return text.split(' ');
}

function withRole(text: string, role: number): [string, number][] {
  return words(text).map((word) => [word, role]);
}
