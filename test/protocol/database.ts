import { DataSource } from 'typeorm';
import { CacheKeys } from '../../lib/naming/cache-keys.js';
import { databaseClock, entityClock } from '../../lib/naming/table-clocks.js';
import { Example, exampleEntities, User } from '../fixtures/entities/example.entity.js';

/** A DataSource that knows its entities and never connects: the engine asks it for names only. */
class UnconnectedDataSource extends DataSource {
  constructor() {
    super({ type: 'postgres', database: 'app', entities: exampleEntities });
  }

  async prepare(): Promise<this> {
    await this.buildMetadatas();
    return this;
  }
}

export const dataSource = await new UnconnectedDataSource().prepare();

export const EXAMPLE = entityClock(dataSource.getMetadata(Example));
export const USER = entityClock(dataSource.getMetadata(User));
/** The clock of what cannot be placed. */
export const DATABASE = databaseClock(dataSource);
export const KEYS = new CacheKeys('example', ['id']);

/** What can be told apart in the database: a row that is changed, the set of rows, a row of another table. */
export type Cell = 'row' | 'rows' | 'user';

/** Every cell counts its writes. */
export type WriteCounts = Record<Cell, number>;

export const noWrites = (): WriteCounts => ({ row: 0, rows: 0, user: 0 });
