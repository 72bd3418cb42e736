import { InstanceChecker } from 'typeorm';
import { refuseDeep } from './nesting.js';

/**
 * A copy of a query, which reads long after it was written: meanwhile its author may change an array inside it, and an entry would
 * hold the rows of another query than its fingerprint says. TypeORM, too, writes into operators: a transformer's result.
 *
 * Its properties are defined, not assigned: JSON may name one `__proto__`, which would become what the copy inherits, and so a filter
 * that its author never wrote.
 *
 * @throws {InvalidQueryError} for a query nested deeper than anybody can walk through it, such as a circle
 */
export function copyQuery<T>(query: T): T {
  return copyOf(query, 0) as T;
}

function copyOf(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  refuseDeep(depth);
  if (Array.isArray(value)) return value.map((part) => copyOf(part, depth + 1));
  if (value instanceof Date) return new Date(value);
  if (value instanceof Uint8Array) return Uint8Array.prototype.slice.call(value);
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype !== Object.prototype && prototype !== null && !InstanceChecker.isFindOperator(value)) return value;
  const copy = Object.create(prototype) as object;
  for (const [name, part] of Object.entries(value)) define(copy, name, copyOf(part, depth + 1));
  return copy;
}

/** As an object literal would, whatever an assignment to that name does. */
function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
}
