import type { SqlDialect, StatementEffect, TableRef } from './sql/statement-effect.js';
import { areHidden } from './temporary-tables.js';

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
    if (!this.has(connection)) this.#start.set(connection, spelled(await this.#names(connection)));
  }

  has(connection: object): boolean {
    return this.#start.has(connection);
  }

  /**
   * Whether the names of these tables lead elsewhere there now: a RESET, another USE, or a statement that changed nothing (what was not
   * understood counts as one that may have) leads them back.
   */
  async leadElsewhere(connection: object, tables: readonly TableRef[]): Promise<boolean> {
    if (!this.has(connection)) return false;
    const names = spelled(await this.#names(connection));
    if (names === undefined || names !== this.#start.get(connection)) return true;
    return areHidden(tables, connection, this.dialect).catch(() => true);
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

/** Without the schema of temporary tables, which a session has from its first one on. */
function spelled(names: readonly string[] | undefined): string | undefined {
  return names && JSON.stringify(names.filter((name) => !/^pg_temp_\d+$/.test(name)));
}

function namesUnqualified(effect: StatementEffect): boolean {
  const isUnqualified = ({ schema, database }: TableRef) => schema === undefined && database === undefined;
  if (effect.kind === 'unknown') return true;
  if (effect.kind === 'write') return effect.writes.some(({ table }) => isUnqualified(table));
  return effect.kind === 'schema' && effect.tables.some(isUnqualified);
}
