import type { DataSource, EntityMetadata } from 'typeorm';
import { InvalidIdentifierError } from '../errors.js';
import type { Dependency } from '../cache/tags.js';
import { valueAt } from './property-path.js';
import { joinKeys, textKey } from './text-key.js';

/** What identifies a row: a primary key, a composite key by its properties, or any text of your own beside a `where`. */
export type Identifier =
  string | number | bigint | boolean | Date | Uint8Array | { readonly [property: string]: unknown };

/** The rows of a manager's own table of explicit clears. */
const LISTS = 'lists';
const DETAILS = 'details';

/** The only place that spells a key or a tag. */
export class CacheKeys {
  constructor(
    /** The manager's `cacheKey` behind its prefix. */
    private readonly base: string,
    /** Where the parts of the primary key stand in an entity. */
    private readonly primaryPaths: readonly string[] = [],
    /** Namespace and scope. */
    private readonly prefix = '',
  ) {}

  list(suffix?: string): string {
    return suffix === undefined ? this.base : `${this.base}_${textKey(suffix)}`;
  }

  /** @throws {InvalidIdentifierError} when the identifier cannot name a row */
  detail(identifier: Identifier): string {
    return `${this.base}_${textKey(identifierText(identifier, this.primaryPaths))}`;
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
  const { driver } = dataSource;
  const database = table.database ?? driver.database ?? dataSource.options.database;
  const schema = table.schema ?? driver.schema ?? (dataSource.options.type === 'postgres' ? 'public' : undefined);
  return [typeof database === 'string' ? database : dataSource.options.type, schema, table.name]
    .filter((part) => part !== undefined)
    .join('.')
    .toLowerCase();
}

export function entityTable(metadata: EntityMetadata): string {
  const { database, schema, tableName: name } = metadata;
  return tableTag(metadata.dataSource, { ...(database && { database }), ...(schema && { schema }), name });
}

/** @throws {InvalidIdentifierError} */
function identifierText(identifier: Identifier, primaryPaths: readonly string[]): string {
  switch (typeof identifier) {
    case 'string':
      return identifier;
    case 'bigint':
    case 'boolean':
      return String(identifier);
    case 'number':
      if (!Number.isNaN(identifier)) return String(identifier);
      break;
    case 'object':
      if (identifier === null) break;
      if (identifier instanceof Date) {
        if (!Number.isNaN(identifier.getTime())) return identifier.toISOString();
        break;
      }
      if (identifier instanceof Uint8Array) return Buffer.from(identifier).toString('hex');
      return compositeText(identifier, primaryPaths);
    default:
  }
  throw new InvalidIdentifierError(
    `${String(identifier)} identifies no row, so the database would be asked for some other one. Pass the row's key.`,
  );
}

function compositeText(identifier: { readonly [property: string]: unknown }, primaryPaths: readonly string[]): string {
  const parts = primaryPaths.map((path) => valueAt(identifier, path));
  const missing = primaryPaths.filter((_, i) => parts[i] === undefined || parts[i] === null);
  if (missing.length || !primaryPaths.length) {
    throw new InvalidIdentifierError(
      `The identifier lacks ${missing.join(', ') || 'the primary key'}, so more than one row could match. Give every part of the key (${primaryPaths.join(', ')}).`,
    );
  }
  return joinKeys(parts.map((part) => identifierText(part as Identifier, [])));
}
