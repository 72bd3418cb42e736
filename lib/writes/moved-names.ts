import type { SqlDialect, StatementEffect, TableRef } from './sql/statement-effect.js';

/** Of pg, and of mysql2. */
interface Connection {
  query(sql: string): Promise<{ rows: { names: string }[] }>;
  query(sql: string, done: (error: unknown, rows: { names: string | null }[]) => void): void;
}

/**
 * Connections on which a name without a schema may lead elsewhere than it did at the start: after `SET search_path`, `SET ROLE`, `USE`.
 * They are asked before each of their writes, because a ROLLBACK may take such a setting back, and a pool hands it on.
 */
export class MovedNames {
  /** Where names led before they were first told otherwise; `undefined` when the connection could not say. */
  readonly #start = new WeakMap<object, string | undefined>();

  constructor(private readonly dialect: SqlDialect) {}

  /** Before a statement that may lead names elsewhere. */
  async mark(connection: object): Promise<void> {
    if (!this.has(connection)) this.#start.set(connection, JSON.stringify(await this.#names(connection)));
  }

  has(connection: object): boolean {
    return this.#start.has(connection);
  }

  /** Whether names lead elsewhere there now: in PostgreSQL a RESET, or a statement that changed nothing, leads them back. */
  async leadElsewhere(connection: object): Promise<boolean> {
    if (!this.has(connection)) return false;
    // Elsewhere a temporary table may stand before another without a word of where names lead.
    if (this.dialect !== 'postgres') return true;
    const names = await this.#names(connection);
    return !names || JSON.stringify(names) !== this.#start.get(connection);
  }

  /** The schemas (in MySQL, the database) these names may lead to; `undefined` when the connection cannot say: then to any. */
  async of(connection: object, effects: readonly StatementEffect[]): Promise<readonly string[] | undefined> {
    return this.has(connection) && effects.some(namesUnqualified) ? this.#names(connection) : [];
  }

  async #names(connection: object): Promise<readonly string[] | undefined> {
    try {
      return await this.#ask(connection as Connection);
    } catch {
      // In a transaction that has failed nothing can be asked, and nothing is written either.
      return undefined;
    }
  }

  async #ask(connection: Connection): Promise<readonly string[]> {
    switch (this.dialect) {
      case 'postgres': {
        const { rows } = await connection.query('SELECT array_to_json(current_schemas(true))::text AS names');
        return JSON.parse(rows[0]!.names) as string[];
      }
      case 'mysql':
        return new Promise((resolve, reject) => {
          connection.query('SELECT DATABASE() AS names', (error, rows) => {
            if (error) reject(error as Error);
            else resolve(rows[0]?.names ? [rows[0].names] : []);
          });
        });
      case 'sqlite':
        // What is attached never takes the place of a table.
        return [];
    }
  }
}

function namesUnqualified(effect: StatementEffect): boolean {
  const isUnqualified = ({ schema, database }: TableRef) => schema === undefined && database === undefined;
  if (effect.kind === 'unknown') return true;
  if (effect.kind === 'write') return effect.writes.some(({ table }) => isUnqualified(table));
  return effect.kind === 'schema' && effect.tables.some(isUnqualified);
}
