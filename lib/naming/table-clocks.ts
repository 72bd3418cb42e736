import type { DataSource, EntityMetadata } from 'typeorm';
import { dataSourceOf } from '../peers/typeorm.js';
import { databaseName, isMysql, isPostgres, schemaOf } from './database-name.js';

/**
 * What the clock of a database table is called: the same from every DataSource and process that reaches it. Folded to lower case,
 * because some databases do; two tables that meet because of it only share their clock.
 */
export function tableClock(
  dataSource: DataSource,
  table: { database?: string; schema?: string; name: string },
): string {
  const schema = table.schema ?? schemaOf(dataSource, table.name);
  return [table.database ?? databaseName(dataSource), schema, table.name]
    .filter((part) => part !== undefined)
    .join('.')
    .toLowerCase();
}

/** Of a table as its database calls it: what that calls a schema is a database in MySQL. */
export function storedTableClock(dataSource: DataSource, schema: string | undefined, name: string): string {
  if (schema === undefined) return tableClock(dataSource, { name });
  return tableClock(dataSource, isMysql(dataSource) ? { database: schema, name } : { schema, name });
}

/**
 * The clock of everything in a database, which every entry depends on: what may have written any table advances this one, and so
 * reaches tables that only other applications know.
 */
export function databaseClock(dataSource: DataSource, database = databaseName(dataSource)): string {
  return `${DATABASE}${database.toLowerCase()}`;
}

export function isDatabaseClock(clock: string): boolean {
  return clock.startsWith(DATABASE);
}

const DATABASE = 'database:';

export function entityClock(metadata: EntityMetadata): string {
  const { tableName: name } = metadata;
  const dataSource = dataSourceOf(metadata);
  // As TypeORM writes names: PostgreSQL's have a schema and no database, all others' a database and no schema.
  const { database, schema } = isPostgres(dataSource)
    ? { database: undefined, schema: metadata.schema }
    : { database: metadata.database, schema: undefined };
  return tableClock(dataSource, { ...(database && { database }), ...(schema && { schema }), name });
}

/** What a model is made of: its table and those that only hold its links, of many-to-many relations and trees. */
export function ownClocks(metadata: EntityMetadata): string[] {
  const junctions = metadata.manyToManyRelations.map(({ junctionEntityMetadata }) => junctionEntityMetadata);
  const links = [...junctions, metadata.closureJunctionTable].filter((link) => link !== undefined);
  return [...new Set([metadata, ...links].map(entityClock))];
}

/** The database an entity's table is in. Only MySQL's statements reach another one than their connection's. */
export function entityDatabaseClock(metadata: EntityMetadata): string {
  const { database } = metadata;
  const dataSource = dataSourceOf(metadata);
  return databaseClock(dataSource, isMysql(dataSource) && database ? database : undefined);
}

/** A table's name as people write it: `orders`, `sales.orders`, where the first part is a schema, in MySQL a database. */
export function namedTable(dataSource: DataSource, text: string): { database?: string; schema?: string; name: string } {
  const [name, outer, database] = text.split('.').toReversed() as [string, string?, string?];
  if (outer === undefined) return { name };
  return isMysql(dataSource) ? { name, database: outer } : { name, schema: outer, ...(database && { database }) };
}
