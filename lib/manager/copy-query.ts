import { InstanceChecker } from 'typeorm';

/**
 * A copy of a query, which reads long after it was written: meanwhile its author may change an array inside it, and an entry would
 * hold the rows of another query than its fingerprint says. TypeORM, too, writes into operators: a transformer's result.
 */
export function copyQuery<T>(query: T): T {
  const copy = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(copy);
    if (value instanceof Date) return new Date(value);
    if (value instanceof Uint8Array) return Uint8Array.prototype.slice.call(value);
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype !== Object.prototype && prototype !== null && !InstanceChecker.isFindOperator(value)) return value;
    const entries = Object.entries(value).map(([key, part]) => [key, copy(part)]);
    return Object.assign(Object.create(prototype) as object, Object.fromEntries(entries));
  };
  return copy(query) as T;
}
