import type { DataSource } from 'typeorm';
import { Limit } from '../cache/limit.js';

/** What pg and mysql2 open where nothing else is said. */
const USUAL_CONNECTIONS = 10;

/** By pool: what waits in one that has ended holds its place for ever. */
const limits = new WeakMap<object, Limit>();

/**
 * As many loads at once as the DataSource has connections. More would only wait in the pool, before the application's own queries
 * and where nobody can join them any more.
 */
export function loadLimit(dataSource: DataSource): Limit {
  const { master, pool } = dataSource.driver as { master?: Partial<PgPool>; pool?: Partial<MysqlPool> };
  const key = master ?? pool ?? dataSource;
  let limit = limits.get(key);
  if (!limit) {
    const most = master?.options?.max ?? pool?.config?.connectionLimit;
    // Who has waited as long as the pool would let them hears from the pool what is wrong.
    const patienceMs = master?.options?.connectionTimeoutMillis || undefined;
    limit = new Limit(typeof most === 'number' && most >= 1 ? most : USUAL_CONNECTIONS, patienceMs);
    limits.set(key, limit);
  }
  return limit;
}

interface PgPool {
  readonly options: { readonly max?: number; readonly connectionTimeoutMillis?: number };
}

interface MysqlPool {
  readonly config: { readonly connectionLimit?: number };
}
