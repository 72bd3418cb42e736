import { randomUUID } from 'node:crypto';
import { InstanceChecker } from 'typeorm';
import { properties } from './properties.js';

/**
 * A text that two queries share only if they ask for the same: property order does not matter, the type of a value does, an operator
 * counts with everything it carries, and `Raw` with the SQL it writes.
 */
export function queryText(value: unknown): string {
  return text(value, true);
}

/** The same of what is sent to the database, where the order of an object's properties does matter: it may become a text. */
export function parameterText(value: unknown): string {
  return text(value, false);
}

function text(value: unknown, sorted: boolean): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return `f${JSON.stringify(String(value))}`;
    case 'object':
      return value === null ? 'null' : objectText(value, sorted);
    default:
      return Object.is(value, -0) ? '-0' : String(value);
  }
}

function objectText(value: object, sorted: boolean): string {
  if (Array.isArray(value)) return `[${value.map((part) => text(part, sorted)).join()}]`;
  if (value instanceof Date) return `d${value.getTime()}`;
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('base64')}`;
  if (InstanceChecker.isFindOperator(value)) {
    const { type, useParameter, multipleParameters, objectLiteralParameters, getSql } = value;
    const operand: unknown = InstanceChecker.isFindOperator(value.child) ? value.child : value.value;
    const says = [type, operand, useParameter, multipleParameters, objectLiteralParameters, getSql?.('alias')];
    return `o${text(says, sorted)}`;
  }
  const pairs = properties(value);
  if (sorted) pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  const entries = pairs.map(([key, part]) => `${JSON.stringify(key)}:${text(part, sorted)}`);
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Object.prototype || prototype === null) return `{${entries.join()}}`;
  const { constructor: type } = value as { constructor?: { name: string } };
  return `${type?.name ?? ''}{${entries.join()}}${privateText(value, entries.length > 0)}`;
}

const opaque = new WeakMap<object, string>();

/**
 * What an instance says of private fields when a driver asks it. One that shows nothing of itself, or fails to, equals only itself: too
 * many misses, no wrong rows.
 */
function privateText(value: object, showsProperties: boolean): string {
  try {
    const said = answers(value);
    // JSON, because an answer may be the object itself.
    if (said.length) return JSON.stringify(said);
    if (showsProperties) return '';
  } catch {
    // Its own method threw, or its answer is a circle.
  }
  let id = opaque.get(value);
  if (!id) opaque.set(value, (id = randomUUID()));
  return id;
}

function answers(value: object): unknown[] {
  const said = ['toJSON', 'toPostgres', 'toSqlString'].flatMap((name) => {
    const method = (value as Record<string, unknown>)[name];
    // pg hands toPostgres() a function that prepares what is inside.
    return typeof method === 'function' ? [method.call(value, (inside: unknown) => inside) as unknown] : [];
  });
  // oxlint-disable-next-line typescript/no-base-to-string -- it has one of its own
  return value.toString === Object.prototype.toString ? said : [...said, String(value)];
}
