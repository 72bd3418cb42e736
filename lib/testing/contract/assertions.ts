import { deepStrictEqual, notStrictEqual, ok } from 'node:assert';

/** As plain data: what a store answers may be made of classes of its own. */
export function same<T>(actual: T, expected: T): void {
  deepStrictEqual(plain(actual), plain(expected));
}

/** The properties that are named, whatever else there is. */
export function shows<T extends object>(actual: T | undefined, expected: Partial<T>): void {
  const names = Object.keys(expected) as (keyof T)[];
  same(Object.fromEntries(names.map((name) => [name, actual?.[name]])) as unknown, expected);
}

export function differs<T>(actual: T, other: T): void {
  notStrictEqual(actual, other);
}

export function above(actual: number, least: number): void {
  ok(actual > least, `${actual} is not above ${least}`);
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}
