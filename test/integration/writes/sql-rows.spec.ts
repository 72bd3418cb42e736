import fc from 'fast-check';
import { DataSource, type QueryRunner } from 'typeorm';
import { expect, it } from 'vitest';
import { readStatements } from '../../../lib/writes/sql/read-statements.js';
import type { RowFilter, SqlDialect } from '../../../lib/writes/sql/statement-effect.js';
import { type DatabaseName, describeDatabases } from '../../support/databases.js';

type Row = Record<'id' | 'a' | 'b', number>;

const DIALECTS: Record<DatabaseName, SqlDialect> = { postgres: 'postgres', mariadb: 'mysql', sqljs: 'sqlite' };
const ROWS: Row[] = [0, 1, 2].flatMap((id) => [0, 1, 2].flatMap((a) => [0, 1, 2].map((b) => ({ id, a, b }))));

/** Conditions of every precedence, written without the parentheses that would settle it. */
const condition = fc.letrec<{ condition: string }>((tie) => {
  const column = fc.constantFrom('id', 't.id', 'a', 'b');
  const value = fc.constantFrom('0', '1', '2', "'1'", '-1', '+1', '1 + 1', 'NULL', 'a', '(1)', '1.0', '1e0', 'true');
  const nested = tie('condition');
  const between = fc.constantFrom('<>', '<', '>=', '<=>', '||', '= -', '= id =', 'IS NOT', 'NOT IN (1) =', '= 1 IS');
  const binary = fc.constantFrom('AND', 'OR', 'AND', 'OR', 'XOR', '||', '&&', '=', 'IS', 'AND NOT');
  const test = fc.constantFrom('IS TRUE', 'IS NOT TRUE', '= false', '= true', 'IS NULL');
  return {
    condition: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(
        { weight: 6, arbitrary: text(column, '=', value) },
        { weight: 3, arbitrary: text(column, 'IN (', value, ',', value, ')') },
        text(column, between, value),
        text(column, 'BETWEEN', value, 'AND', column, '=', value),
        text(column, 'BETWEEN', value, 'AND', value),
        fc.constantFrom('true', 'false', 'EXISTS (SELECT 1 WHERE id = 1)', '(SELECT true AND id = 1)'),
      ),
      text(nested, binary, nested),
      text('(', nested, ')'),
      text('(', nested, ')', test),
      text(fc.constantFrom('NOT', '!', 'NOT NOT'), nested),
      text('CASE WHEN', nested, 'THEN', nested, 'ELSE', nested, 'END'),
    ),
  };
}).condition;

describeDatabases('the rows read from a WHERE', (database) => {
  it('hold every row the statement takes', async () => {
    const dataSource = await new DataSource(await database.options()).initialize();
    const runner = dataSource.createQueryRunner();
    try {
      await runner.query('CREATE TABLE t (id integer, a integer, b integer)');
      await runner.query(`INSERT INTO t VALUES ${ROWS.map(({ id, a, b }) => `(${id},${a},${b})`).join()}`);
      let tried = 0;
      const property = fc.asyncProperty(condition, async (where) => {
        const sql = `DELETE FROM t WHERE ${where}`;
        const filter = rowsOf(sql, DIALECTS[database.name]);
        if (!filter) return;
        const rows = await rowsTaken(runner, sql);
        if (rows) tried++;
        for (const row of rows ?? []) expect(matches(filter, row), `${JSON.stringify(row)} of ${sql}`).toBe(true);
      });
      await fc.assert(property, { numRuns: 2000 });
      expect(tried).toBeGreaterThan(50);
    } finally {
      await runner.release();
      await dataSource.destroy();
    }
  });
});

/** The rows a DELETE takes, which it gives back; `undefined` when the database refuses it. */
async function rowsTaken(runner: QueryRunner, sql: string): Promise<Row[] | undefined> {
  await runner.startTransaction();
  try {
    await runner.query(sql);
    const left: Row[] = await runner.query('SELECT id, a, b FROM t');
    const texts = new Set(left.map(rowText));
    return ROWS.filter((row) => !texts.has(rowText(row)));
  } catch {
    // Most mixtures of operators are no SQL in one database or the other.
    return undefined;
  } finally {
    await runner.rollbackTransaction();
  }
}

function rowText({ id, a, b }: Row): string {
  return `${id} ${a} ${b}`;
}

function rowsOf(sql: string, dialect: SqlDialect): RowFilter | undefined {
  const [effect] = readStatements(sql, dialect);
  return effect?.kind === 'write' ? effect.writes[0]?.rows : undefined;
}

function matches({ alternatives }: RowFilter, row: Row): boolean {
  return alternatives.some((columns) =>
    [...columns].every(
      ([column, operand]) => 'literal' in operand && String(row[column as keyof Row]) === String(operand.literal),
    ),
  );
}

function text(...parts: (fc.Arbitrary<string> | string)[]): fc.Arbitrary<string> {
  const arbitraries = parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part));
  return fc.tuple(...arbitraries).map((all) => all.join(' '));
}
