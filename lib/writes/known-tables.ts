import type { DataSource, EntityMetadata } from 'typeorm';
import { type ColumnPair, type Followings, NO_FOLLOWINGS, sameColumns } from './stored/foreign-keys.js';
import { columnName } from '../naming/column-value.js';
import { isMysql } from '../naming/database-name.js';
import { askForTextLengths } from '../naming/folded-texts.js';
import { entityClock } from '../naming/table-clocks.js';
import { askTables } from './stored/ask-tables.js';
import type { PlainTable, PlainTablesFound } from './stored/plain-tables.js';
import type { Unasked } from './stored/stored-tables.js';
import type { TriggeredTables } from './stored/triggered-tables.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/** Per column how long a text it takes, of those that compare texts by a collation we know. */
type TextsFound = ReadonlyMap<ColumnMetadata, number>;

/** Between two questions, in milliseconds: a script that defines many things has it asked once in a while, not once for each. */
const PAUSE_MS = 250;

/** To ask is work for the database, which looks at rows as well: no more than a fifth of its time, where something is defined all the time. */
const PAUSES_PER_QUESTION = 4;

/** Between two that failed: each pause is twice as long as the one before. */
const LONGEST_PAUSE_MS = 60_000;

const NONE: ReadonlySet<string> = new Set();

/** Those of this process, whatever database they are of: one DataSource may make a trigger on a table of another. */
const all = new Set<KnownTables>();

/** Kinds of servers that a statement of this process may have let keys into that refer to nothing. They stay, and no server tells of them. */
const unchecked = new Set<'postgres' | 'mysql'>();

/**
 * What is known of what tables do by themselves (`PlainTable`): nothing before the database has been asked, and nothing after a statement of
 * this process that may have changed it, until the database has been asked again.
 */
export class KnownTables {
  #found: PlainTablesFound = new Map();
  #texts: TextsFound = new Map();
  /** What they were last known to do goes on until something else is known. */
  #triggered: TriggeredTables = new Map();
  #followings = NO_FOLLOWINGS;
  #version = 0;
  /** Statements under way that may define something. */
  #doubts = 0;
  #failures = 0;
  /** When it was asked last, by a monotonic clock, in milliseconds. */
  #askedAt = -Infinity;
  /** How long the last answer took, in milliseconds. */
  #tookMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = true;

  constructor(private readonly dataSource: DataSource) {}

  /** Of a clock's table; `undefined` where it may do anything. */
  get(clock: string): PlainTable | undefined {
    return this.#found.get(clock);
  }

  /** Which tables change by foreign keys that the database has, whatever entities tell of. */
  get followings(): Followings {
    return this.#followings;
  }

  /** The clocks of what triggers change when a clock's table is written. */
  changedByTriggers(clock: string): ReadonlySet<string> {
    return this.#triggered.get(clock) ?? NONE;
  }

  /** Whether every row of a clock's table has keys of these columns only that refer to a row of the other one, or to none. */
  isEnforced(clock: string, parent: string, columns: readonly ColumnPair[]): boolean {
    if ((!isEmbedded(this.dataSource) && unchecked.has(serverOf(this.dataSource))) || !this.#found.has(parent))
      return false;
    const keys = this.#found.get(clock)?.foreignKeys ?? [];
    return keys.some((key) => key.isEnforced && key.parent === parent && sameColumns(key.columns, columns));
  }

  /** A statement may change whether this process has its foreign keys checked. Told of before it is sent, and once it is done. */
  doubtKeys(): void {
    // Of SQLite's rows the answer to the next question knows.
    if (isEmbedded(this.dataSource)) this.doubt()();
    else unchecked.add(serverOf(this.dataSource));
  }

  /** Another one whenever something may have been defined: what was read of a statement before that is not known to hold behind it. */
  get version(): number {
    return this.#version;
  }

  start(): void {
    this.#isStopped = false;
    all.add(this);
    askForTextLengths(this.dataSource, (column) => this.#texts.get(column));
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    all.delete(this);
    this.#forget();
  }

  /**
   * A statement begins that may make triggers and the like, or may show those that its transaction has made.
   *
   * @returns to be called once it has ended, however
   */
  doubt(): () => void {
    const others = [...all];
    for (const each of others) each.#begin();
    return () => {
      for (const each of others) each.#end();
    };
  }

  /** Asks the database. Rejects when that fails; then it is asked again after a while. */
  async ask(): Promise<Unasked | undefined> {
    const version = this.#version;
    this.#askedAt = performance.now();
    try {
      const { found, followings, triggered, unasked, remember } = await askTables(this.dataSource);
      this.#tookMs = performance.now() - this.#askedAt;
      this.#failures = 0;
      // What was defined meanwhile may be in the answer or not.
      if (version === this.#version && !this.#doubts && !this.#isStopped) {
        remember();
        this.#followings = followings;
        this.#triggered = triggered;
        this.#know(found);
      } else this.#askSoon();
      return unasked;
    } catch (error) {
      this.#failures++;
      this.#askSoon();
      throw error;
    }
  }

  #begin(): void {
    this.#doubts++;
    this.#forget();
  }

  #end(): void {
    this.#doubts--;
    this.#forget();
    this.#askSoon();
  }

  #forget(): void {
    this.#version++;
    this.#know(new Map());
  }

  #know(found: PlainTablesFound): void {
    this.#found = found;
    this.#texts = textsOf(this.dataSource, found);
  }

  #askSoon(): void {
    if (this.#isStopped || this.#timer || this.#doubts) return;
    const least = Math.max(PAUSE_MS * 2 ** this.#failures, PAUSES_PER_QUESTION * this.#tookMs);
    const pause = Math.min(least, LONGEST_PAUSE_MS);
    const left = Math.max(0, this.#askedAt + pause - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // Nobody waits for it, and its failure is followed by another question.
      if (this.dataSource.isInitialized) void this.ask().catch(() => undefined);
    }, left).unref();
  }
}

function textsOf(dataSource: DataSource, found: PlainTablesFound): TextsFound {
  const texts = new Map<ColumnMetadata, number>();
  for (const metadata of found.size ? dataSource.entityMetadatas : []) {
    const table = found.get(entityClock(metadata));
    for (const column of table?.texts.size ? metadata.columns : []) {
      const longest = table!.texts.get(columnName(dataSource, column.databaseName));
      if (longest !== undefined) texts.set(column, longest);
    }
  }
  return texts;
}

const serverOf = (dataSource: DataSource) => (isMysql(dataSource) ? 'mysql' : 'postgres');

const isEmbedded = ({ options: { type } }: DataSource): boolean => type === 'sqljs' || type === 'better-sqlite3';
