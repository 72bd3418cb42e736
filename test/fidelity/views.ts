import { ClassSerializerInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { instanceToPlain } from 'class-transformer';
import { isDeepStrictEqual, types } from 'node:util';
import { Comparison, differenceOf, isObject } from './difference.js';

const interceptor = new ClassSerializerInterceptor(new Reflector());

/** Every way a program may look at an entity, each of which has to show the same. */
const views: Record<string, (value: unknown) => unknown> = {
  getters: gettersOf,
  'JSON.stringify': (value) => JSON.stringify(value),
  instanceToPlain: (value) => instanceToPlain(value),
  ClassSerializerInterceptor: (value) => interceptor.serialize(value as object, {}),
};

/** The first difference anybody can see. */
export function visibleDifference(actual: unknown, expected: unknown): string | undefined {
  const comparison = new Comparison();
  const difference = comparison.differenceOf(actual, expected);
  if (difference) return difference;
  if (!comparison.metFunctions && !isDeepStrictEqual(actual, expected)) return 'isDeepStrictEqual says no';
  for (const [name, view] of Object.entries(views)) {
    const seen = differenceOf(attempt(view, actual), attempt(view, expected));
    if (seen) return `through ${name}, ${seen}`;
  }
  return undefined;
}

/** What a view shows, or how it fails: JSON.stringify refuses a bigint. */
function attempt(view: (value: unknown) => unknown, value: unknown): unknown {
  try {
    // A getter asks `this`.
    return view.call(value, value);
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

/** What the getters of classes give: state behind them may be private and show nowhere else. */
function gettersOf(value: unknown): unknown {
  const seen = new Set<object>();
  const found: unknown[] = [];
  visit(value, '');
  return found;

  function visit(one: unknown, path: string): void {
    if (!isObject(one) || seen.has(one) || types.isDate(one) || types.isUint8Array(one) || types.isPromise(one)) return;
    seen.add(one);
    for (let at = Object.getPrototypeOf(one) as object | null; at && isOwn(at); at = Object.getPrototypeOf(at)) {
      for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
        // Only what a class declares: TypeORM's own on a prototype are lazy relations, and asking one would query.
        if (get?.name === `get ${name}`) found.push(`${path}.${name}`, attempt(get, one));
      }
    }
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(one))) {
      if ('value' in property) visit(property.value, `${path}.${name}`);
    }
  }
}

/** A class of the program's, not one of the language's. */
function isOwn(prototype: object): boolean {
  const { constructor } = prototype as { constructor?: unknown };
  return typeof constructor === 'function' && !String(constructor).includes('[native code]');
}
