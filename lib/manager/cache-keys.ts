import type { DataSource, EntityMetadata } from 'typeorm';
import type { Dependency } from '../cache/tags.js';
import { checkSuffix } from './check-query.js';
import { databaseName, isPostgres, schemaOf } from './database-name.js';
import { type Identifier, isScalar, type KeyColumn, keyValues, scalarText, valueText } from './identifier.js';
import { valueAt } from './property-path.js';
import { joinKeys, textKey } from './text-key.js';

export type { Identifier };

/** The rows of a manager's own table of explicit clears. */
const LISTS = 'lists';
const DETAILS = 'details';

/** The only place that spells a key or a tag. */
export class CacheKeys {
  readonly #columns: readonly KeyColumn[];

  constructor(
    /** The manager's `cacheKey` behind its prefix. */
    private readonly base: string,
    /** The columns of the primary key; by its path alone, one of plain values. */
    columns: readonly (KeyColumn | string)[] = [],
    /** Namespace and scope. */
    private readonly prefix = '',
    /** Whose entries these are, where the key does not say: a namespace, a scope and a `cacheKey` may print the same. */
    readonly owner: readonly (string | undefined)[] = [],
  ) {
    this.#columns = columns.map((column) => (typeof column === 'string' ? plainColumn(column) : column));
  }

  /** @throws {InvalidQueryError} for a suffix that is no text */
  list(suffix?: string): string {
    checkSuffix(this.base, suffix);
    return suffix === undefined ? this.base : `${this.base}_${textKey(suffix)}`;
  }

  /** @throws {InvalidIdentifierError} when the identifier cannot name a row */
  detail(identifier: Identifier): string {
    return `${this.base}_${textKey(identifierText(identifier, this.#columns))}`;
  }

  /**
   * The key a plain text means, if it may be one of this manager's. A decorator is written before anybody knows the namespace, so it
   * may be left out.
   */
  named(text: string): string | undefined {
    return [text, this.prefix + text].find((key) => key === this.base || key.startsWith(`${this.base}_`));
  }

  /** The manager's explicit clears have a clock of their own, of the same shape as a database table's. */
  get clears(): string {
    return `clears:${this.base}`;
  }

  listDependency(key: string): Dependency {
    return { table: this.clears, rows: [LISTS, this.entryRow(key)] };
  }

  detailDependency(key: string): Dependency {
    return { table: this.clears, rows: [DETAILS, this.entryRow(key)] };
  }

  get listsRow(): string {
    return LISTS;
  }

  get detailsRow(): string {
    return DETAILS;
  }

  entryRow(key: string): string {
    return `key:${key}`;
  }
}

/**
 * A database table's name among the tags: the same from every DataSource and process that reaches it. Folded to lower case,
 * because some databases do; two tables that meet because of it only share their clock.
 */
export function tableTag(dataSource: DataSource, table: { database?: string; schema?: string; name: string }): string {
  const schema = table.schema ?? schemaOf(dataSource, table.name);
  return [table.database ?? databaseName(dataSource), schema, table.name]
    .filter((part) => part !== undefined)
    .join('.')
    .toLowerCase();
}

/**
 * The clock of everything in a database, which every entry depends on: what may have written any table advances this one, and so
 * reaches tables that only other applications know.
 */
export function databaseTag(dataSource: DataSource, database = databaseName(dataSource)): string {
  return `database:${database.toLowerCase()}`;
}

export function entityTable(metadata: EntityMetadata): string {
  const { dataSource, tableName: name } = metadata;
  // As TypeORM writes names: PostgreSQL's have a schema and no database, all others' a database and no schema.
  const { database, schema } = isPostgres(dataSource)
    ? { database: undefined, schema: metadata.schema }
    : { database: metadata.database, schema: undefined };
  return tableTag(dataSource, { ...(database && { database }), ...(schema && { schema }), name });
}

/** What a model is made of: its table and those that only hold its links, of many-to-many relations and trees. */
export function ownTables(metadata: EntityMetadata): string[] {
  const junctions = metadata.manyToManyRelations.map(({ junctionEntityMetadata }) => junctionEntityMetadata);
  const links = [...junctions, metadata.closureJunctionTable].filter((link) => link !== undefined);
  return [...new Set([metadata, ...links].map(entityTable))];
}

/** The database an entity's table is in. Only MySQL's statements reach another one than their connection's. */
export function entityDatabase({ dataSource, database }: EntityMetadata): string {
  return databaseTag(dataSource, isMysql(dataSource) && database ? database : undefined);
}

/** A table's name as people write it: `orders`, `sales.orders`, where the first part is a schema, in MySQL a database. */
export function namedTable(dataSource: DataSource, text: string): { database?: string; schema?: string; name: string } {
  const [name, outer, database] = text.split('.').toReversed() as [string, string?, string?];
  if (outer === undefined) return { name };
  return isMysql(dataSource) ? { name, database: outer } : { name, schema: outer, ...(database && { database }) };
}

export function isMysql({ options: { type } }: DataSource): boolean {
  return type === 'mysql' || type === 'mariadb';
}

/** @throws {InvalidIdentifierError} */
function identifierText(identifier: Identifier, columns: readonly KeyColumn[]): string {
  // Beside a `where` it is only a name, so it is spelled as it stands, whatever the key's columns would make of it.
  if (typeof identifier !== 'object' || identifier === null || isScalar(identifier)) return scalarText(identifier);
  return joinKeys(keyValues(columns, identifier).map((value, i) => valueText(columns[i]!, value)));
}

function plainColumn(path: string): KeyColumn {
  return {
    path,
    valueIn: (identifier) => valueAt(identifier, path),
    isValue: isScalar,
    formOf: (value) => value,
    isUnordered: false,
    takesNumbersAsTexts: true,
  };
}
