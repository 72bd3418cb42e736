import { describe, expect, it } from 'vitest';
import { ConnectionWrites } from '../../../lib/writes/connection-writes.js';
import type { PendingWrites } from '../../../lib/store/pending-writes.js';
import { readStatements } from '../../../lib/writes/sql/read-statements.js';
import { mayHaveCommitted, type SqlDialect, type StatementEffect } from '../../../lib/writes/sql/statement-effect.js';
import type { ClockWrite } from '../../../lib/store/cache-store.js';

/** A connection driven by texts. What cannot be placed writes the table `any`. */
class Connection {
  readonly writes: ConnectionWrites;

  constructor(readonly dialect: SqlDialect) {
    this.writes = new ConnectionWrites(dialect, new Map());
  }

  /** The tables visible after the statements, in order of names. */
  run(...texts: string[]): string {
    const visible = texts
      .flatMap((sql) => this.#steps(sql))
      .map(([effect, written]) => this.writes.follow(effect, written));
    return tables(...visible);
  }

  foresee(sql: string): string {
    return tables(...this.#steps(sql).map(([effect, written]) => this.writes.foresee(effect, written)));
  }

  fail(sql: string): void {
    for (const [effect, written] of this.#steps(sql)) this.writes.fail(effect, written);
  }

  get pending(): string {
    return tables(this.writes.pending);
  }

  #steps(sql: string): [StatementEffect, ClockWrite[]][] {
    return readStatements(sql, this.dialect).map((effect) => [effect, written(effect)]);
  }
}

function written(effect: StatementEffect): ClockWrite[] {
  if (effect.kind === 'unknown') return [{ clock: 'any', rows: 'unknown' }];
  if (effect.kind === 'schema') return effect.tables.map(({ name }) => ({ clock: name, rows: 'unknown' }));
  return effect.kind === 'write' ? effect.writes.map(({ table }) => ({ clock: table.name, rows: 'new' })) : [];
}

function tables(...pending: PendingWrites[]): string {
  return [...new Set(pending.flatMap((each) => each.toWrites().map(({ clock }) => clock)))].sort().join();
}

const insert = (table: string) => `INSERT INTO ${table} VALUES (1)`;

describe('what cannot be placed', () => {
  it('may have committed', () => {
    const [call, commit, truncate] = ['CALL p()', 'COMMIT', 'TRUNCATE a'].map(
      (sql) => readStatements(sql, 'mysql')[0]!,
    );
    expect([call, commit, truncate].map((effect) => mayHaveCommitted(effect!))).toEqual([true, false, true]);
  });

  it.each(['mysql', 'postgres'] as const)('is foreseen to commit all that is pending, and its own: %s', (dialect) => {
    const connection = new Connection(dialect);
    connection.run('BEGIN', insert('a'), 'SAVEPOINT s', insert('b'));
    expect(connection.foresee('CALL p()')).toBe('a,any,b');
  });

  it('makes that visible now, and again with the end of the transaction', () => {
    const connection = new Connection('mysql');
    expect(connection.run('BEGIN', insert('a'))).toBe('');
    expect(connection.run('CALL p()')).toBe('a,any');
    expect(connection.run(insert('b'))).toBe('');
    expect(connection.run('COMMIT')).toBe('a,any,b');
  });

  it('is kept for the end of a transaction that autocommit left to begin with it', () => {
    const connection = new Connection('mysql');
    connection.run('SET autocommit = 0');
    expect(connection.run('CALL p()')).toBe('any');
    expect(connection.run('COMMIT')).toBe('any');
  });

  it('outside a transaction is visible at once and leaves nothing', () => {
    const connection = new Connection('postgres');
    expect(connection.run('DO $$ BEGIN END $$')).toBe('any');
    expect(connection.pending).toBe('');
  });

  it.each(['CALL p()', 'SAVEPOINT U&"\\0061"', 'EXECUTE q'])('may have set savepoints of its own: %s', (sql) => {
    const connection = new Connection('postgres');
    connection.run('BEGIN', 'SAVEPOINT a', insert('b'), sql, 'ROLLBACK TO a');
    expect(connection.pending).toBe('any,b');
  });

  it('that failed is kept, and so is what was pending before it', () => {
    const connection = new Connection('mysql');
    connection.run('BEGIN', 'SAVEPOINT a', insert('b'));
    connection.fail('CALL p()');
    connection.run('ROLLBACK TO a');
    expect(connection.pending).toBe('any,b');
  });

  it('is forgotten with a transaction that is rolled back, for it was told already', () => {
    const connection = new Connection('mysql');
    connection.run('BEGIN', 'CALL p()', 'ROLLBACK');
    expect(connection.pending).toBe('');
  });
});

describe('several statements in one text', () => {
  it('of which the first joins the transaction a later one begins are kept for its end', () => {
    const connection = new Connection('postgres');
    expect(connection.run(`${insert('a')}; BEGIN; SAVEPOINT s`)).toBe('a');
    connection.writes.keepOutside([{ clock: 'a', rows: [] }]);
    connection.run('ROLLBACK TO s');
    expect(connection.run('COMMIT')).toBe('a');
  });

  it('that failed may have set a savepoint', () => {
    const connection = new Connection('mysql');
    connection.run('BEGIN', 'SAVEPOINT s', insert('a'));
    connection.fail(`SAVEPOINT s; ${insert('b')}; ${insert('c')}`);
    connection.run('ROLLBACK TO s');
    expect(connection.pending).toBe('a,b,c');
  });
});

describe('savepoints', () => {
  it.each<[SqlDialect, string]>([
    // The innermost of that name.
    ['postgres', 'a'],
    ['sqlite', 'a'],
    // The one there is, behind what the replaced one held.
    ['mysql', 'a'],
  ])('of an existing name keep the writes of the outer one: %s', (dialect, kept) => {
    const connection = new Connection(dialect);
    connection.run('BEGIN', 'SAVEPOINT s', insert('a'), 'SAVEPOINT s', insert('b'), 'ROLLBACK TO s');
    expect(connection.pending).toBe(kept);
  });

  it.each<[SqlDialect, string]>([
    ['postgres', ''],
    ['sqlite', ''],
    ['mysql', 'a'],
  ])('shadow the old one, or replace it: %s', (dialect, kept) => {
    const connection = new Connection(dialect);
    connection.run(
      'BEGIN',
      'SAVEPOINT s',
      insert('a'),
      'SAVEPOINT s',
      insert('b'),
      'RELEASE SAVEPOINT s',
      'ROLLBACK TO s',
    );
    // On MySQL nothing is left to roll back to.
    expect(connection.pending).toBe(dialect === 'mysql' ? 'a,b' : kept);
  });

  it('that stand between an old one and its replacement remain on MySQL', () => {
    const connection = new Connection('mysql');
    connection.run('BEGIN', 'SAVEPOINT s', insert('a'), 'SAVEPOINT t', insert('b'), 'SAVEPOINT s', insert('c'));
    connection.run('ROLLBACK TO t');
    expect(connection.pending).toBe('a');
  });

  it.each<[SqlDialect, string, string, string]>([
    ['mysql', 's', 'S', 'a'],
    ['sqlite', 's', 'S', 'a'],
    ['postgres', 's', '"S"', ''],
    ['postgres', 's', 'S', 'a'],
    // Not the same in SQLite, which folds ASCII only: both go.
    ['sqlite', 'é', 'É', ''],
    // The same to MySQL's collation, which is not worth telling: all is kept.
    ['mysql', 'e', 'é', 'a,b'],
    ['postgres', 'n'.repeat(63), `${'n'.repeat(63)}x`, 'a'],
  ])('compare their names as the database does: %s %s %s', (dialect, outer, inner, kept) => {
    const connection = new Connection(dialect);
    connection.run(
      'BEGIN',
      `SAVEPOINT ${outer}`,
      insert('a'),
      `SAVEPOINT ${inner}`,
      insert('b'),
      `ROLLBACK TO ${outer}`,
    );
    expect(connection.pending).toBe(kept);
  });

  it('that stand outermost begin a transaction of SQLite, which their release commits', () => {
    const connection = new Connection('sqlite');
    expect(connection.run('SAVEPOINT s', insert('a'), 'SAVEPOINT S', insert('b'), 'RELEASE S')).toBe('');
    expect(connection.writes.isOpen).toBe(true);
    expect(connection.foresee('RELEASE "s"')).toBe('a,b');
    expect(connection.run('RELEASE "s"')).toBe('a,b');
    expect(connection.writes.isOpen).toBe(false);
  });

  it('that stand outermost take back everything and leave the transaction open', () => {
    const connection = new Connection('sqlite');
    connection.run('SAVEPOINT s', insert('a'), 'SAVEPOINT t', insert('b'), 'ROLLBACK TO s');
    expect([connection.pending, connection.writes.isOpen]).toEqual(['', true]);
  });

  it('within BEGIN end nothing when they are released', () => {
    const connection = new Connection('sqlite');
    expect(connection.run('BEGIN', 'SAVEPOINT s', insert('a'), 'RELEASE s')).toBe('');
    expect(connection.run('END')).toBe('a');
  });
});
