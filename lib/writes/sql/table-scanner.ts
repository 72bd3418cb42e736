import { type PendingChange, readChange } from './changes.js';
import { SeenTables } from './seen-tables.js';
import type { TableChange, TableRef } from './statement-effect.js';
import type { Statement } from './statement.js';

export interface TableScan {
  readonly writes: readonly TableChange[];
  readonly reading: SeenTables['reading'];
  /** False when something looked like a write, or like a table, and could not be read. */
  readonly placed: boolean;
}

/** Reads which tables a statement reads and writes, at any depth: one pass over the tokens from `from`, whatever the nesting. */
export function scanTables(statement: Statement, from: number): TableScan {
  return new TableScanner(statement, from).run();
}

/** What is known inside one pair of parentheses. */
interface Level {
  readonly end: number;
  /** Below the statement's own list of tables. */
  deep: boolean;
  /** A FROM here names tables, unlike the FROM of EXTRACT(x FROM y). */
  query: boolean;
  /** The next token begins a table. */
  expects: boolean;
  /** We are in a list of tables: a comma or a JOIN brings the next. */
  list: boolean;
  /** What happens to the tables of the list. */
  changes: readonly PendingChange[];
  /** The next USING begins a list of tables. */
  using: boolean;
  /** A statement has one change per level, so another word for one is something else. */
  changed: boolean;
}

const CHANGES = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE', 'MERGE']);
const LOCKS = ['UPDATE', 'SHARE', 'NO', 'KEY'];

class TableScanner {
  readonly #writes: TableChange[] = [];
  readonly #reads: SeenTables;
  readonly #levels: Level[];
  #placed = true;

  constructor(
    private readonly statement: Statement,
    private readonly from: number,
  ) {
    this.#reads = new SeenTables(statement.dialect);
    this.#levels = [level(statement.length)];
  }

  run(): TableScan {
    for (let at = this.from; at < this.statement.length;) at = this.#step(at, this.#levels.at(-1)!);
    return { writes: this.#writes, reading: this.#reads.reading, placed: this.#placed };
  }

  /** Reads what stands at `at`, and says where to go on. */
  #step(at: number, level: Level): number {
    const { statement } = this;
    const code = statement.code(at);
    if (code === ')') {
      // A scan that begins inside a group may meet its end.
      if (this.#levels.length > 1) this.#levels.pop();
      return at + 1;
    }
    if (level.expects) return this.#table(at, level);
    if (code === '(') return this.#open(at);
    if (code === ',') {
      level.expects = level.list;
      return at + 1;
    }
    return statement.tokens[at]!.kind === 'word' && !this.#isLabel(at) ? this.#keyword(at, code, level) : at + 1;
  }

  /** Behind a dot or AS any keyword may be a name. */
  #isLabel(at: number): boolean {
    if (at === this.from) return false;
    const before = this.statement.code(at - 1);
    return before === '.' || before === 'AS';
  }

  #keyword(at: number, code: string, level: Level): number {
    const { statement } = this;
    switch (code) {
      case 'SELECT':
      case 'VALUES':
        Object.assign(level, { query: true, list: false, changes: NOTHING, deep: this.#levels.length > 1 });
        return at + 1;
      case 'FROM':
        if (level.query && !this.#isDistinctFrom(at)) level.list = level.expects = true;
        return at + 1;
      case 'JOIN':
      case 'STRAIGHT_JOIN':
        level.expects = level.list;
        return at + 1;
      case 'USING':
        return this.#using(at, level);
      case 'TABLE':
        level.expects = statement.code(at + 1) !== '(';
        return at + 1;
      case 'WITH':
        this.#commonTables(at, level);
        return at + 1;
      case 'INTO':
        return this.#into(at, level);
      case 'SET':
        if (level.changes.length > 0) endList(level);
        return at + 1;
      case 'WHERE':
      case 'HAVING':
      case 'LIMIT':
      case 'UNION':
      case 'INTERSECT':
      case 'EXCEPT':
      case 'WINDOW':
      case 'RETURNING':
        endList(level);
        return at + 1;
      case 'GROUP':
      case 'ORDER':
        // Not in MySQL's FROM t USE INDEX FOR ORDER BY (i), u.
        if (statement.code(at - 1) !== 'FOR') endList(level);
        return at + 1;
      case 'FOR':
        if (LOCKS.includes(statement.code(at + 1))) endList(level);
        return at + 1;
      case 'INSERT':
      case 'REPLACE':
      case 'UPDATE':
      case 'DELETE':
      case 'MERGE':
        return this.#change(at, code, level);
      default:
        return at + 1;
    }
  }

  #isDistinctFrom(at: number): boolean {
    const { statement } = this;
    return (
      statement.code(at - 1) === 'DISTINCT' &&
      (statement.code(at - 2) === 'IS' || statement.says(at - 3, 'IS', 'NOT', 'DISTINCT'))
    );
  }

  #open(at: number, known: Partial<Level> = {}): number {
    this.#levels.push({ ...level(this.statement.close(at)), deep: true, ...known });
    return at + 1;
  }

  /** The table, subquery or group of joined tables that begins at `at`. */
  #table(at: number, level: Level): number {
    const { statement } = this;
    const code = statement.code(at);
    if (code === 'LATERAL' || (code === 'ONLY' && statement.dialect === 'postgres')) return at + 1;
    level.expects = false;
    if (code === '(') {
      // A group of joined tables is no deeper than its list; a SELECT in it will be.
      const { changes, deep } = level;
      return this.#open(at, { query: true, list: true, expects: true, changes, deep });
    }
    if (this.#beginsQuery(at, code)) {
      endList(level);
      return at;
    }
    const named = statement.table(at);
    if (!named) {
      this.#placed = false;
      return at + 1;
    }
    if (statement.code(named.end) === '(') return named.end;
    if (level.changes.length > 0) this.#write(named.table, level.changes);
    else if (!(code === 'DUAL' && statement.dialect === 'mysql')) this.#reads.add(named.table, at, level.deep);
    return named.end;
  }

  #beginsQuery(at: number, code: string): boolean {
    if (code === 'SELECT' || code === 'WITH' || code === 'TABLE') return true;
    if (code === 'VALUES') return ['(', 'ROW'].includes(this.statement.code(at + 1));
    return CHANGES.has(code) && this.statement.code(at - 1) === '(';
  }

  #write(table: TableRef, changes: readonly PendingChange[]): void {
    for (const change of changes) this.#writes.push({ table, ...change });
  }

  /** WITH [RECURSIVE] a AS (..), b AS (..): from here on these names are no tables. */
  #commonTables(at: number, level: Level): void {
    const { statement } = this;
    const recursive = statement.code(at + 1) === 'RECURSIVE';
    for (let next = recursive ? at + 2 : at + 1; ; next++) {
      const name = statement.identifier(next);
      let body = statement.code(next + 1) === '(' ? statement.after(next + 1) : next + 1;
      if (name === undefined || statement.code(body) !== 'AS') return;
      body = statement.skip(body + 1, 'NOT', 'MATERIALIZED');
      if (statement.code(body) !== '(') return;
      // Its own body still sees the table of that name.
      this.#reads.hide(name, recursive ? at : statement.close(body), level.end);
      next = statement.after(body);
      if (statement.code(next) !== ',') return;
    }
  }

  /** SELECT ... INTO: a table in PostgreSQL, variables or a file in MySQL. */
  #into(at: number, level: Level): number {
    const { statement } = this;
    endList(level);
    if (statement.dialect === 'mysql') return at + 1;
    const name = statement.table(statement.skip(at + 1, 'LOCAL', 'GLOBAL', 'TEMPORARY', 'TEMP', 'UNLOGGED', 'TABLE'));
    if (!name || !level.query || statement.dialect === 'sqlite') {
      this.#placed = false;
      return at + 1;
    }
    this.#write(name.table, [{ action: 'insert' }]);
    return name.end;
  }

  #using(at: number, level: Level): number {
    if (!level.using) return at + 1;
    level.using = false;
    level.list = level.expects = true;
    // MySQL names what it deletes by alias before, and by table behind.
    if (this.statement.dialect !== 'mysql') level.changes = NOTHING;
    return at + 1;
  }

  #change(at: number, code: string, level: Level): number {
    const { statement } = this;
    const before = statement.code(at - 1);
    const isCall = (code === 'INSERT' || code === 'REPLACE') && statement.code(at + 1) === '(';
    if (at !== this.from && isCall) return at + 1;
    if (at !== this.from && before !== '(' && before !== ')') {
      // FOR [NO KEY] UPDATE, ON CONFLICT DO UPDATE, ON DUPLICATE KEY UPDATE, WHEN MATCHED THEN DELETE.
      if (before === 'THEN' || (code === 'UPDATE' && ['FOR', 'KEY', 'DO'].includes(before))) endList(level);
      else this.#placed = false;
      return at + 1;
    }
    const head = level.changed ? undefined : readChange(statement, at, level.end);
    level.changed = level.query = true;
    if (!head) {
      this.#placed = false;
      return at + 1;
    }
    level.using = head.using;
    if (head.target) this.#write(head.target, head.changes);
    else Object.assign(level, { list: true, expects: true, changes: head.changes });
    return head.next;
  }
}

const NOTHING: readonly PendingChange[] = [];

function level(end: number): Level {
  return {
    end,
    deep: false,
    query: false,
    expects: false,
    list: false,
    changes: NOTHING,
    using: false,
    changed: false,
  };
}

function endList(level: Level): void {
  level.list = false;
  level.changes = NOTHING;
}
