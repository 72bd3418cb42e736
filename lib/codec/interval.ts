import type { EntityMetadata } from 'typeorm';
import { dataSourceOf } from '../peers/typeorm.js';
import { pack, revive, type Packed } from './values.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/** How what the driver gives for a column is written and read. */
export interface DriverValues {
  pack(value: unknown): Packed | undefined;
  revive(packed: Packed): unknown;
}

/** node-postgres makes `interval` a class it does not export, with plain fields: parsing nothing gives an instance to fill. */
export function intervalValues(column: ColumnMetadata): DriverValues | undefined {
  if (column.type !== 'interval') return undefined;
  const { postgres } = dataSourceOf(column.entityMetadata).driver as { postgres?: PostgresModule };
  const parse = postgres?.types?.getTypeParser(INTERVAL_OID);
  // An application's own parser makes what only it knows; node-postgres' is the class itself.
  const prototype = parse?.prototype as object | undefined;
  if (!parse || typeof (prototype as { toPostgres?: unknown } | undefined)?.toPostgres !== 'function') return undefined;
  const fieldsOf = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fieldsOf);
    if (value === null) return null;
    return isInterval(value, prototype!) ? { ...(value as object) } : Symbol('no interval');
  };
  const fill = (fields: unknown): unknown => {
    if (Array.isArray(fields)) return fields.map(fill);
    return fields === null ? null : Object.assign(parse(''), fieldsIn(fields));
  };
  return { pack: (value) => pack(fieldsOf(value)), revive: (packed) => fill(revive(packed)) };
}

function isInterval(value: unknown, prototype: object): boolean {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== prototype) return false;
  const keys = Reflect.ownKeys(value);
  return keys.every((key) => FIELDS.has(key) && typeof (value as Record<PropertyKey, unknown>)[key] === 'number');
}

/** A text from a store may name anything, `__proto__` too. */
function fieldsIn(fields: unknown): object {
  if (typeof fields === 'object' && Reflect.ownKeys(fields!).every((key) => FIELDS.has(key))) return fields!;
  throw new TypeError('an interval of other parts than intervals have');
}

const FIELDS = new Set<PropertyKey>(['years', 'months', 'days', 'hours', 'minutes', 'seconds', 'milliseconds']);

const INTERVAL_OID = 1186;

interface PostgresModule {
  types?: { getTypeParser(oid: number): ((text: string) => object) & { prototype?: object } };
}
