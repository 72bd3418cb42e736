import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { InvalidIdentifierError } from '../errors.js';
import { copyQuery } from '../query/copy-query.js';
import type { EntityQuery } from '../query/entity-query.js';
import { setValueAt } from '../query/property-path.js';
import { queryText } from '../query/query-text.js';
import { whatIs } from '../query/what-is.js';
import {
  formText,
  type Identifier,
  identifierText,
  isScalar,
  type KeyColumn,
  keyColumns,
  keyValues,
  mayEqualSeveral,
  valueText,
} from './identifier.js';
import { rowKey } from './row-key.js';

/** A row that is asked for by its primary key: everything it is called, spelled once. */
export interface IdentifiedRow {
  /** In the key of its entry. */
  readonly text: string;
  /** The filter for it. */
  readonly where: ObjectLiteral;
  /** What tells it from rows whose identifiers print the same text. */
  readonly kinds: string;
  /** By its clock; `undefined` where rows of its table have none. */
  readonly row: string | undefined;
  /** Whether its author has changed a value inside of it since: an instance of a class is no copy. */
  isChanged(): boolean;
}

interface Manager {
  readonly metadata: EntityMetadata;
  readonly name: string;
}

/** @throws {InvalidIdentifierError} for what names no row or could not be asked of the database, naming the manager */
export function identifyRow(manager: Manager, identifier: Identifier): IdentifiedRow {
  const { metadata } = manager;
  const columns = keyColumns(metadata, manager.name);
  const own = ownIdentifier(manager, identifier);
  const spell = () => identifierText(own, columns);
  const text = spell();
  const where = primaryKeyWhere(metadata, own);
  const kinds = queryText(kindsOf(columns, where));
  return {
    text,
    where,
    kinds,
    row: identifiedRow(metadata, own),
    isChanged: () => typeof own === 'object' && (spell() !== text || queryText(kindsOf(columns, where)) !== kinds),
  };
}

/** @throws {InvalidIdentifierError} for anything but an array: of a text, every letter would be one */
export function identifyRows(manager: Manager, identifiers: readonly Identifier[]): IdentifiedRow[] {
  checkIdentifiers(manager, identifiers);
  return identifiers.map((identifier) => identifyRow(manager, identifier));
}

/** @throws {InvalidIdentifierError} for anything but an array */
export function checkIdentifiers(manager: Pick<Manager, 'name'>, identifiers: unknown): void {
  if (Array.isArray(identifiers)) return;
  throw new InvalidIdentifierError(
    `${manager.name}.getMany() was given ${whatIs(identifiers)} and no array, so whose rows are meant is unknown. Pass an array of keys, or call get().`,
  );
}

/** The filter for an identifier that is a primary key. */
export function primaryKeyWhere(metadata: EntityMetadata, identifier: Identifier): ObjectLiteral {
  const [column, ...more] = metadata.primaryColumns;
  if (!column) {
    throw new InvalidIdentifierError(
      `${metadata.name} has no primary key, so no identifier names one row of it. Pass a where.`,
    );
  }
  if (typeof identifier === 'object' && !isScalar(identifier)) {
    // Only the key: other properties of an entity passed as identifier must not narrow the search.
    return keyOf(metadata, keyValues(keyColumns(metadata), identifier));
  }
  if (more.length) {
    const parts = metadata.primaryColumns.map(({ propertyPath }) => propertyPath).join(', ');
    throw new InvalidIdentifierError(
      `${metadata.name} has a composite key, so ${typeof identifier} alone does not identify a row. Pass an object with ${parts}.`,
    );
  }
  return column.createValueMap(identifier);
}

/** The query for what `primaryKeyWhere` says: of several rows that the database takes for equal, one. */
export function primaryKeyQuery(metadata: EntityMetadata, where: ObjectLiteral): EntityQuery {
  const mayBeSeveral = keyColumns(metadata).some((column) =>
    mayEqualSeveral(column.takesNumbersAsTexts, column.formOf(column.valueIn(where))),
  );
  return mayBeSeveral ? { where, take: 1 } : { where };
}

/**
 * An identifier that nobody changes after the call. Of an object only the key: an entity may hold everything it is related to.
 *
 * @throws {InvalidIdentifierError} when a part of the key is missing
 */
export function ownIdentifier({ metadata, name }: Manager, identifier: Identifier): Identifier {
  if (typeof identifier !== 'object' || identifier === null || isScalar(identifier)) return copyQuery(identifier);
  return keyOf(metadata, copyQuery(keyValues(keyColumns(metadata, name), identifier)));
}

/**
 * What tells apart identifiers that print the same key: `Buffer.from('ab')` and `'6162'` are two rows, `1`, `1n` and `'1'` are one.
 * `where` is one of `primaryKeyWhere`.
 */
function kindsOf(columns: readonly KeyColumn[], where: ObjectLiteral): unknown {
  return columns.map((column) => {
    const value = column.valueIn(where);
    const form = column.formOf(value);
    const text = formText(column, form);
    // A transformer may make of a text what another value is in the database.
    return text === valueText(column, value) ? kindOf(column, form) : [kindOf(column, form), text];
  });
}

function kindOf({ takesNumbersAsTexts }: KeyColumn, form: unknown): string {
  if (form instanceof Uint8Array) return 'bytes';
  if (form instanceof Date) return 'date';
  if (typeof form === 'number' || typeof form === 'bigint') return takesNumbersAsTexts ? 'text' : 'number';
  return typeof form === 'string' ? 'text' : typeof form;
}

/**
 * Names the row that an entity is, or that a `primaryKeyWhere` asks for: two names are the same only if the database would take them
 * for the same. `undefined` for an entity whose key its own transformer does not take back.
 */
export function rowName(metadata: EntityMetadata, row: ObjectLiteral): string | undefined {
  try {
    const columns = keyColumns(metadata);
    const texts = columns.map((column) => valueText(column, column.valueIn(row)));
    return queryText([texts, kindsOf(columns, row)]);
  } catch (error) {
    if (error instanceof InvalidIdentifierError) return undefined;
    throw error;
  }
}

/** What the row of an identifier that is a primary key is called, where rows of its table have clocks. */
export function identifiedRow(metadata: EntityMetadata, identifier: Identifier): string | undefined {
  if (typeof identifier === 'object' && !isScalar(identifier)) {
    const values = keyValues(keyColumns(metadata), identifier);
    return rowKey(metadata)((column) => values[metadata.primaryColumns.indexOf(column)]);
  }
  return metadata.primaryColumns.length === 1 ? rowKey(metadata)(() => identifier) : undefined;
}

/** The identifier that names an entity, as `get()` takes it. */
export function identifierOf(metadata: EntityMetadata, entity: ObjectLiteral): Identifier {
  const values = keyColumns(metadata).map((column) => column.valueIn(entity));
  // An object in the place of the key could be read as one that holds the key.
  return values.length === 1 && (typeof values[0] !== 'object' || values[0] === null || isScalar(values[0]))
    ? (values[0] as Identifier)
    : keyOf(metadata, values);
}

/** The parts of a key, where they stand in an entity. */
function keyOf(metadata: EntityMetadata, values: readonly unknown[]): ObjectLiteral {
  const key: ObjectLiteral = {};
  for (const [i, { propertyPath }] of metadata.primaryColumns.entries()) setValueAt(key, propertyPath, values[i]);
  return key;
}
