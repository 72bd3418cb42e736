import { CacheKeys } from '../../lib/naming/cache-keys.js';
import { databaseClock, entityClock } from '../../lib/naming/table-clocks.js';
import { Example, User } from '../fixtures/entities/example.entity.js';
import { dataSource } from './data-source.js';
import { type ShownCell, shownCells } from './tables.js';

export { dataSource } from './data-source.js';

export const EXAMPLE = entityClock(dataSource.getMetadata(Example));
export const USER = entityClock(dataSource.getMetadata(User));
/** The clock of what cannot be placed. */
export const DATABASE = databaseClock(dataSource);
export const KEYS = new CacheKeys('example', ['id']);

/** What can be told apart in the database: a row that is changed, the set of rows, a row of another table, or what is shown of the tables. */
export type Cell = 'row' | 'rows' | 'user' | ShownCell;

/** Every cell counts its writes. */
export type WriteCounts = Record<Cell, number>;

export const noWrites = (): WriteCounts =>
  Object.fromEntries(['row', 'rows', 'user', ...shownCells].map((cell) => [cell, 0])) as WriteCounts;
