import type { DataSource, QueryRunner } from 'typeorm';
import { dataSourceOf } from '../peers/typeorm.js';
import { connecting } from './database-down.js';

/**
 * Runs on a connection of its own, on the master. A `release()` without `commit` puts a connection with an open transaction back
 * into the pool; whoever gets it next reads uncommitted rows, or an old snapshot. `clean` is false when the pool had only such.
 */
export async function onCleanConnection<T>(
  dataSource: DataSource,
  work: (runner: QueryRunner, clean: boolean) => Promise<T>,
): Promise<T> {
  const runners: QueryRunner[] = [];
  try {
    for (;;) {
      const runner = dataSource.createQueryRunner('master');
      runners.push(runner);
      const clean = !(await connecting(() => isInTransaction(runner)));
      // A poisoned one is kept meanwhile, or the pool would hand it out again; waiting for a second one could deadlock the pool.
      if (clean || !hasSpareConnection(dataSource)) return await work(runner, clean);
    }
  } finally {
    for (const runner of runners) await runner.release();
  }
}

/** Drivers where every QueryRunner is the same one, so that others' transactions are seen from inside. */
export function sharesOneConnection(dataSource: DataSource): boolean {
  return !/^(postgres|cockroachdb|mysql|mariadb|aurora|mssql|oracle|sap|spanner)/.test(dataSource.options.type);
}

async function isInTransaction(runner: QueryRunner): Promise<boolean> {
  if (runner.isTransactionActive) return true;
  const connection = (await runner.connect()) as Partial<PgClient & MysqlConnection> | undefined;
  if (typeof connection?.getTransactionStatus === 'function') {
    const status = connection.getTransactionStatus();
    return status === 'T' || status === 'E';
  }
  // mysql2 has no such question, but every OK packet carries the answer.
  const { type } = dataSourceOf(runner).options;
  if ((type === 'mysql' || type === 'mariadb') && typeof connection?.query === 'function') {
    const status = await new Promise<number>((resolve, reject) => {
      connection.query!('DO 0', (error, result) => (error ? reject(error) : resolve(result?.serverStatus ?? 0)));
    });
    return (status & SERVER_STATUS_IN_TRANS) !== 0;
  }
  return false;
}

/** Whether nobody has to wait for a connection of the master; `undefined` where that is not known. */
export function hasSpareConnection(dataSource: DataSource): boolean | undefined {
  const pool = (dataSource.driver as { master?: Partial<PgPool & MysqlPool>; pool?: Partial<MysqlPool> }).master;
  const mysqlPool = (dataSource.driver as { pool?: Partial<MysqlPool> }).pool;
  if (pool?.options?.max !== undefined) {
    return pool.waitingCount === 0 && (pool.idleCount! > 0 || pool.totalCount! < pool.options.max);
  }
  if (mysqlPool?._freeConnections && mysqlPool._allConnections && mysqlPool.config) {
    const { _freeConnections: free, _allConnections: all, config } = mysqlPool;
    return free.length > 0 || all.length < (config.connectionLimit ?? 10);
  }
  return undefined;
}

/** The first status bit of MySQL's protocol. */
const SERVER_STATUS_IN_TRANS = 1;

interface PgClient {
  getTransactionStatus(): string | null;
}

interface PgPool {
  options: { max?: number };
  totalCount: number;
  idleCount: number;
  waitingCount: number;
}

interface MysqlConnection {
  query(sql: string, done: (error: Error | null, result?: { serverStatus?: number }) => void): void;
}

interface MysqlPool {
  _freeConnections: { length: number };
  _allConnections: { length: number };
  config: { connectionLimit?: number };
}
