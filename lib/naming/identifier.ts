import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { asOne } from '../codec/transform.js';
import { InvalidIdentifierError } from '../errors.js';
import { safeError } from '../events/safe-error.js';
import { dataSourceOf } from '../peers/typeorm.js';
import { parameterText, queryText } from '../query/query-text.js';
import { isPostgres } from './database-name.js';
import { joinKeys } from './text-key.js';

/** A value of a column that may be part of a key. Of instances no more is known than that a promise is none: nobody awaited it. */
type KeyValue = string | number | bigint | boolean | (object & { readonly then?: never });

/**
 * What identifies a row: the value of its primary key, which may be an instance of a class (a `Date`, a `Buffer`, one that the column's
 * transformer takes); an object that has it under its own name, as a composite key must be given and an entity is; or any text of your
 * own beside a `where`.
 *
 * The properties an object literal may name are the entity's, so one that is itself a key (of a JSON column) is written under its name:
 * `{ id: { x: 1, y: 2 } }`. Without an entity, as in code for all of them, any.
 *
 * @example
 * orderLines.get({ orderId: 1, line: 2 }); // 1 query the first time, then 0; { order: 1, line: 2 } does not compile
 *
 * @publicApi
 */
// oxlint-disable-next-line typescript/no-explicit-any -- of any entity
export type Identifier<T extends ObjectLiteral = any> = KeyValue | { readonly [P in keyof T]?: T[P] | KeyValue };

type ColumnMetadata = EntityMetadata['columns'][number];

/** One column of a primary key, as far as the key of an entry needs it. */
export interface KeyColumn {
  /** Where it stands in an entity. */
  readonly path: string;
  valueIn(identifier: object): unknown;
  /** Whether an object is a value of the column itself, rather than something that holds one under the column's path. */
  isValue(identifier: object): boolean;
  /** What the database is asked for. @throws {InvalidIdentifierError} when the column's transformer throws */
  formOf(value: unknown): unknown;
  /** The order of an object's properties does not count. */
  readonly isUnordered: boolean;
  /** The database cannot tell a number from its text: MySQL finds `'01'` for 1, and not for `'1'`. */
  readonly takesNumbersAsTexts: boolean;
}

export type Scalar = string | number | bigint | boolean | Date | Uint8Array;

const OBJECT_TYPES = /json|array|hstore|point|geo/;
const NUMBER_TYPES = /int|serial|^(dec|decimal|fixed|numeric|number|float|real|double)/;
const TEXT_TYPES = /char|text|clob/;
const SQLITE = /sqljs|sqlite|expo|cordova/;

const compiled = new WeakMap<EntityMetadata, Map<string | undefined, readonly KeyColumn[]>>();

/** The columns of an entity's primary key. `manager` is named in errors. */
export function keyColumns(metadata: EntityMetadata, manager?: string): readonly KeyColumn[] {
  let known = compiled.get(metadata);
  if (!known) compiled.set(metadata, (known = new Map<string | undefined, readonly KeyColumn[]>()));
  let columns = known.get(manager);
  if (!columns) known.set(manager, (columns = metadata.primaryColumns.map((column) => keyColumn(column, manager))));
  return columns;
}

/** An identifier in the key of an entry. @throws {InvalidIdentifierError} when it can name no row */
export function identifierText(identifier: Identifier, columns: readonly KeyColumn[]): string {
  // Beside a `where` it is only a name, so it is spelled as it stands, whatever the key's columns would make of it.
  if (typeof identifier !== 'object' || identifier === null || isScalar(identifier)) return scalarText(identifier);
  return joinKeys(keyValues(columns, identifier).map((value, i) => valueText(columns[i]!, value)));
}

/** The values an identifier has for the columns of the key. @throws {InvalidIdentifierError} when one is missing */
export function keyValues(columns: readonly KeyColumn[], identifier: object): unknown[] {
  const [column, ...more] = columns;
  if (column && !more.length && column.isValue(identifier)) return [identifier];
  const values = columns.map((each) => each.valueIn(identifier));
  const missing = columns.filter((_, i) => values[i] === undefined || values[i] === null).map(({ path }) => path);
  if (!missing.length && columns.length) return values;
  throw new InvalidIdentifierError(
    columns.length
      ? `The identifier lacks ${missing.join(', ')}, so more than one row could match. Give every part of the key (${columns.map(({ path }) => path).join(', ')}).`
      : 'The identifier is an object, but there is no primary key it could be. Give a text beside a where.',
  );
}

export function isScalar(value: unknown): value is Scalar {
  if (typeof value === 'object') return value instanceof Date || value instanceof Uint8Array;
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

/** @throws {InvalidIdentifierError} for a value no row can have */
function scalarText(value: unknown): string {
  if (isScalar(value)) {
    if (value instanceof Date) {
      if (!Number.isNaN(value.getTime())) return value.toISOString();
    } else if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
    else if (!Number.isNaN(value)) return String(value);
  }
  throw new InvalidIdentifierError(
    `${show(value)} identifies no row, so the database would be asked for some other one. Pass the row's key.`,
  );
}

/** A value of a column in the text of a key: an instance by what the database knows it by. @throws {InvalidIdentifierError} */
export function valueText(column: KeyColumn, value: unknown): string {
  if (typeof value !== 'object' || value === null || isScalar(value)) return scalarText(value);
  if (isEmpty(value)) {
    throw new InvalidIdentifierError(
      `The identifier's ${column.path} is an object without properties, so it tells no row from another. Pass the row's key.`,
    );
  }
  return formText(column, column.formOf(value));
}

export function formText(column: KeyColumn, form: unknown): string {
  return typeof form === 'object' && form !== null && !isScalar(form) ? objectText(column, form) : scalarText(form);
}

/** As a driver sends it. */
function objectText({ isUnordered }: KeyColumn, form: object): string {
  if (!isPlain(form)) return parameterText(form);
  try {
    const json = JSON.stringify(form);
    return isUnordered ? queryText(JSON.parse(json)) : json;
  } catch {
    // A bigint or a circle: no driver can send it, and the database's error says so.
    return parameterText(form);
  }
}

function keyColumn(column: ColumnMetadata, manager: string | undefined): KeyColumn {
  const { entityMetadata, propertyPath: path } = column;
  const keyed = column.transformer ? column : (column.referencedColumn ?? column);
  const transform = keyed.transformer && asOne(keyed.transformer);
  const formOf = (value: unknown): unknown => {
    if (!transform) return value;
    try {
      return transform.to(value);
    } catch (error) {
      const who = manager === undefined ? '' : `${manager}: `;
      throw new InvalidIdentifierError(
        `${who}the transformer of ${entityMetadata.name}.${path} threw for ${describe(value)} (${safeError(error).message}), so no row can be looked up by it, with find neither. Pass what its to() takes.`,
        { cause: error },
      );
    }
  };
  return {
    path,
    valueIn: (identifier) => column.getEntityValue(identifier) as unknown,
    isValue: (identifier) => isValueOf(column, identifier),
    formOf,
    isUnordered: keyed.type === 'jsonb',
    takesNumbersAsTexts: takesNumbersAsTexts(keyed),
  };

  function isValueOf(of: ColumnMetadata, identifier: object): boolean {
    if (isScalar(identifier)) return true;
    const { target } = of.entityMetadata;
    if (typeof identifier === 'function' || (typeof target === 'function' && identifier instanceof target))
      return false;
    const inside: unknown = of.getEntityValue(identifier);
    const isWhole = (inside !== undefined && inside !== null) || of.propertyPath.split('.')[0]! in identifier;
    if (isPlain(identifier)) {
      if (isWhole || isEmpty(identifier)) return false;
      return takesObjects(of) || (transform !== undefined && !isEmpty(identifier) && fits(identifier, true));
    }
    // An instance that has a property of the key's name is a key only if the column makes such instances.
    if (transform) return !isWhole || fits(identifier, false);
    return !isWhole && (takesObjects(of) || readsAsText(identifier));
  }

  /** Whether the transformer makes of the value what it takes, or at least something a database stores. */
  function fits(value: object, orScalar: boolean): boolean {
    try {
      const form = transform!.to(value);
      if (form === undefined || form === null || form === value) return false;
      if (orScalar && isScalar(form)) return true;
      const again: unknown = transform!.from(form);
      return (
        typeof again === 'object' && again !== null && Object.getPrototypeOf(again) === Object.getPrototypeOf(value)
      );
    } catch {
      return false;
    }
  }
}

/** MySQL reads texts as numbers to compare them with one, so 0 is equal to every text that is none: a key, but not of one row. */
export function mayEqualSeveral(takesNumbers: boolean, form: unknown): boolean {
  return !takesNumbers && ['number', 'bigint', 'boolean'].includes(typeof form);
}

export function takesNumbersAsTexts(column: ColumnMetadata): boolean {
  const dataSource = dataSourceOf(column.entityMetadata);
  const { driver, options } = dataSource;
  // Its parameters are all sent as texts.
  if (isPostgres(dataSource)) return true;
  const type = driver.normalizeType(column);
  if (NUMBER_TYPES.test(type)) return true;
  return SQLITE.test(options.type) && TEXT_TYPES.test(type);
}

function takesObjects({ type, isArray, transformer }: ColumnMetadata): boolean {
  return !transformer && (isArray || (typeof type === 'string' && OBJECT_TYPES.test(type)));
}

/** What drivers ask an object for. */
function readsAsText(value: object): boolean {
  return (
    (typeof value.toString === 'function' && value.toString !== Object.prototype.toString) ||
    ['toJSON', 'toPostgres', 'toSqlString'].some(
      (name) => typeof (value as Record<string, unknown>)[name] === 'function',
    )
  );
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
}

function isEmpty(value: object): boolean {
  return isPlain(value) && !Object.keys(value).length;
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  return isPlain(value) ? 'a plain object' : `an instance of ${value.constructor.name}`;
}

function show(value: unknown): string {
  if (value instanceof Date) return 'An invalid Date';
  // A symbol has no other text.
  return typeof value === 'object' && value !== null ? describe(value) : String(value);
}
