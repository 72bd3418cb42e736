import { inspect, types } from 'node:util';
import { expect } from 'vitest';

/**
 * Fails unless both are the same down to what `toEqual` forgives: prototypes, own keys and their order, `undefined` against
 * absent, -0 against 0, accessors against values. Getters are compared by being there, never called: a lazy relation would query.
 */
export function expectSame(actual: unknown, expected: unknown): void {
  expect(differenceOf(actual, expected)).toBeUndefined();
}

/** The first difference, with the path to it. */
export function differenceOf(actual: unknown, expected: unknown, path = 'value'): string | undefined {
  if (Object.is(actual, expected)) return undefined;
  if (!isObject(actual) || !isObject(expected)) return `${path}: ${show(actual)} is not ${show(expected)}`;
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) {
    return `${path}: ${actual.constructor?.name} is not ${expected.constructor?.name}`;
  }
  if (types.isDate(expected) && !Object.is((actual as Date).getTime(), expected.getTime())) {
    return `${path}: ${show(actual)} is not ${show(expected)}`;
  }
  if (expected instanceof Map || expected instanceof Set) {
    return differenceOf([...(actual as Set<unknown>)], [...expected], `${path}.entries`);
  }
  const keys = Reflect.ownKeys(expected);
  const actualKeys = Reflect.ownKeys(actual);
  if (keys.length !== actualKeys.length || keys.some((key, i) => key !== actualKeys[i])) {
    return `${path}: keys ${actualKeys.map(String).join()} are not ${keys.map(String).join()}`;
  }
  for (const key of keys) {
    const difference = differenceOfProperty(actual, expected, key, `${path}.${String(key)}`);
    if (difference) return difference;
  }
  return undefined;
}

function differenceOfProperty(actual: object, expected: object, key: PropertyKey, path: string): string | undefined {
  const a = Object.getOwnPropertyDescriptor(actual, key)!;
  const b = Object.getOwnPropertyDescriptor(expected, key)!;
  if (a.enumerable !== b.enumerable || a.writable !== b.writable) return `${path}: the properties differ in kind`;
  return differenceOf(a.value, b.value, path);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (types.isDate(value)) return `Date(${value.getTime()})`;
  return Object.is(value, -0) ? '-0' : `${typeof value} ${inspect(value)}`;
}
