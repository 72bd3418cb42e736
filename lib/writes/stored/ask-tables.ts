import type { DataSource, QueryRunner } from 'typeorm';
import { askMysql } from './ask-mysql.js';
import { askPostgres } from './ask-postgres.js';
import { askSqlite } from './ask-sqlite.js';
import { withoutDangling } from './dangling-keys.js';
import { Followings, NO_FOLLOWINGS } from './foreign-keys.js';
import { keysBetween, type PlainTablesFound, plainTables } from './plain-tables.js';
import { noteColumns } from './note-columns.js';
import { noteKeys } from './note-keys.js';
import type { StoredTables, Unasked } from './stored-tables.js';
import { type TriggeredTables, triggeredTables } from './triggered-tables.js';

/** What a database says of the mapped tables. */
export interface TablesAnswer {
  readonly found: PlainTablesFound;
  readonly followings: Followings;
  readonly triggered: TriggeredTables;
  readonly unasked?: Unasked | undefined;
  /** From now on columns and keys are what the database says, where their entities say something else. */
  readonly remember: () => void;
}

/** @throws whatever the database fails with */
export async function askTables(dataSource: DataSource): Promise<TablesAnswer> {
  const runner = dataSource.createQueryRunner('master');
  try {
    const stored = await ask(dataSource, runner);
    if (!stored) {
      const unasked = { problem: 'its driver is none of those that can be', remedy: '' };
      return { found: new Map(), followings: NO_FOLLOWINGS, triggered: new Map(), unasked, remember: () => undefined };
    }
    const remember = () => {
      noteColumns(dataSource, stored.tables);
      noteKeys(dataSource, stored.tables);
    };
    const keys = keysBetween(dataSource, stored.foreignKeys);
    return {
      found: plainTables(dataSource, stored, keys),
      followings: new Followings(keys),
      triggered: triggeredTables(dataSource, stored),
      unasked: stored.unasked,
      remember,
    };
  } finally {
    await runner.release();
  }
}

/** `undefined` for a database that cannot be asked. */
async function ask(dataSource: DataSource, runner: QueryRunner): Promise<StoredTables | undefined> {
  const looked = async (stored: StoredTables): Promise<StoredTables> => ({
    ...stored,
    foreignKeys: await withoutDangling(dataSource, runner, stored),
  });
  switch (dataSource.options.type) {
    case 'postgres':
      return looked(await askPostgres(dataSource, runner));
    case 'mysql':
    case 'mariadb':
      return looked(await askMysql(dataSource, runner));
    case 'sqljs':
    case 'better-sqlite3':
      return askSqlite(runner);
    default:
      return undefined;
  }
}
