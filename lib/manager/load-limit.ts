import type { DataSource } from 'typeorm';
import { Limit } from '../cache/limit.js';

/** What pg and mysql2 open where nothing else is said. */
const USUAL_CONNECTIONS = 10;

const limits = new WeakMap<DataSource, Limit>();

/**
 * As many loads at once as the DataSource has connections. More would only wait in the pool, before the application's own queries
 * and where nobody can join them any more.
 */
export function loadLimit(dataSource: DataSource): Limit {
  let limit = limits.get(dataSource);
  if (!limit) limits.set(dataSource, (limit = new Limit(connectionsOf(dataSource))));
  return limit;
}

function connectionsOf({ driver }: DataSource): number {
  const { master, pool } = driver as { master?: Partial<PgPool>; pool?: Partial<MysqlPool> };
  const most = master?.options?.max ?? pool?.config?.connectionLimit;
  return typeof most === 'number' && most >= 1 ? most : USUAL_CONNECTIONS;
}

interface PgPool {
  readonly options: { readonly max?: number };
}

interface MysqlPool {
  readonly config: { readonly connectionLimit?: number };
}
