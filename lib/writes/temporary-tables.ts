import type { SqlDialect, TableRef } from './sql/statement-effect.js';

/** Of pg, of mysql2, of sql.js, and of better-sqlite3: what is asked here is no statement of the application, and in none of its logs. */
interface Connection {
  query(sql: string, values: unknown[]): Promise<{ rows: unknown[] }>;
  query(sql: string, done: (error: { errno?: number } | null, rows: Record<string, string>[]) => void): void;
  exec(sql: string): { values: [string][] }[];
  prepare?(sql: string): { pluck(): { all(): string[] } };
  export?: unknown;
}

/** Of MySQL: there is none of this name, so none is hidden either. */
const NO_SUCH_TABLE = 1146;

/** Whether a temporary table of this connection stands before one of these. Rejects when the server does not say. */
export async function areHidden(
  tables: readonly TableRef[],
  connection: object,
  dialect: SqlDialect,
): Promise<boolean> {
  const names = [...new Set(tables.map(({ name }) => name))];
  switch (dialect) {
    case 'postgres': {
      const sql = `SELECT 1 FROM unnest($1::text[]) AS t(name) WHERE to_regclass('pg_temp.' || quote_ident(t.name)) IS NOT NULL`;
      return (await (connection as Connection).query(sql, [names])).rows.length > 0;
    }
    case 'mysql': {
      for (const table of tables) if (await isTemporary(table, connection as Connection)) return true;
      return false;
    }
    case 'sqlite': {
      const temporary = temporaryOf(connection as Connection);
      return names.some((name) => temporary.includes(name.toLowerCase()));
    }
  }
}

/** MySQL lists its temporary tables nowhere, but tells of each by its name. */
function isTemporary({ name, database }: TableRef, connection: Connection): Promise<boolean> {
  const path = [database, name].filter((part) => part !== undefined).map((part) => `\`${part.replaceAll('`', '``')}\``);
  return new Promise((resolve, reject) => {
    connection.query(`SHOW CREATE TABLE ${path.join('.')}`, (error, rows) => {
      if (error && error.errno !== NO_SUCH_TABLE) reject(error as Error);
      else resolve(/^CREATE TEMPORARY/i.test(rows?.[0]?.['Create Table'] ?? ''));
    });
  });
}

function temporaryOf(connection: Connection): string[] {
  const sql = `SELECT lower(name) FROM sqlite_temp_master WHERE type IN ('table', 'view')`;
  // Both have prepare(), and better-sqlite3's exec() returns no rows.
  if (connection.export === undefined) return connection.prepare!(sql).pluck().all();
  return connection.exec(sql).flatMap(({ values }) => values.map(([name]) => name));
}
