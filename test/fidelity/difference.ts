import { types } from 'node:util';

/**
 * The first difference between two values, with the path to it: prototypes, own keys in their order, `undefined` against absent,
 * symbols, properties that do not enumerate, accessors, what is frozen, and which places hold one and the same object.
 */
export function differenceOf(actual: unknown, expected: unknown): string | undefined {
  return new Comparison().differenceOf(actual, expected);
}

/** One comparison, which knows the objects it has met. */
export class Comparison {
  /** Functions of two instances are never equal to anybody else, not even in two results of `find`. */
  metFunctions = false;

  readonly #actualOf = new Map<object, object>();
  readonly #expectedOf = new Map<object, object>();

  differenceOf(actual: unknown, expected: unknown, path = ''): string | undefined {
    const at = path || 'the value';
    if (!isObject(actual) || !isObject(expected)) {
      return Object.is(actual, expected) ? undefined : `${at}: ${show(actual)} is not ${show(expected)}`;
    }
    const known = this.#actualOf.get(expected);
    const twin = this.#expectedOf.get(actual);
    if (known || twin) {
      return known === actual && twin === expected ? undefined : `${at}: is one object with another place, or is not`;
    }
    this.#actualOf.set(expected, actual);
    this.#expectedOf.set(actual, expected);
    if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) {
      return `${at}: ${nameOf(actual)} is not ${nameOf(expected)}`;
    }
    // Each instance has its own function when a field's initial value is one.
    if (typeof expected === 'function') {
      this.metFunctions = true;
      const same = typeof actual === 'function' && String(actual) === String(expected);
      if (!same) return `${at}: another function`;
    }
    return (
      this.#integrity(actual, expected, at) ??
      this.#content(actual, expected, path) ??
      this.#properties(actual, expected, path)
    );
  }

  #integrity(actual: object, expected: object, at: string): string | undefined {
    for (const has of [Object.isExtensible, Object.isSealed, Object.isFrozen]) {
      if (has(actual) !== has(expected)) return `${at}: ${has.name} is ${has(actual)}, not ${has(expected)}`;
    }
    return undefined;
  }

  /** What is in an object beside its properties. */
  #content(actual: object, expected: object, path: string): string | undefined {
    const at = path || 'the value';
    if (types.isDate(expected)) {
      const same = types.isDate(actual) && Object.is(actual.getTime(), expected.getTime());
      return same ? undefined : `${at}: ${show(actual)} is not ${show(expected)}`;
    }
    if (types.isUint8Array(expected)) {
      const same = types.isUint8Array(actual) && Buffer.compare(actual, expected) === 0;
      return same ? undefined : `${at}: other bytes`;
    }
    if (types.isRegExp(expected)) {
      return this.differenceOf(types.isRegExp(actual) && String(actual), String(expected), `${path}.text`);
    }
    if (types.isMap(expected) || types.isSet(expected)) {
      return this.differenceOf([...(actual as Set<unknown>)], [...expected], `${path}.entries`);
    }
    return undefined;
  }

  #properties(actual: object, expected: object, path: string): string | undefined {
    if (types.isUint8Array(expected)) return undefined;
    const keys = Reflect.ownKeys(expected);
    const actualKeys = Reflect.ownKeys(actual);
    if (keys.length !== actualKeys.length || keys.some((key, i) => key !== actualKeys[i])) {
      return `${path || 'the value'}: has ${actualKeys.map(String).join()}, not ${keys.map(String).join()}`;
    }
    for (const key of keys) {
      const name = Array.isArray(expected) ? `[${String(key)}]` : `.${String(key)}`;
      const difference = this.#property(actual, expected, key, path + name);
      if (difference) return difference;
    }
    return undefined;
  }

  #property(actual: object, expected: object, key: PropertyKey, path: string): string | undefined {
    const a = Object.getOwnPropertyDescriptor(actual, key)!;
    const b = Object.getOwnPropertyDescriptor(expected, key)!;
    const kind = (property: PropertyDescriptor) =>
      [
        property.enumerable && 'enumerable',
        property.configurable && 'configurable',
        property.writable && 'writable',
        property.get && 'getter',
        property.set && 'setter',
      ]
        .filter(Boolean)
        .join(' ');
    if (kind(a) !== kind(b)) return `${path}: is ${kind(a)}, not ${kind(b)}`;
    // An accessor of its own is a lazy relation: asking would query.
    return b.get ? undefined : this.differenceOf(a.value, b.value, path);
  }
}

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function nameOf(value: object): string {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  return prototype?.constructor?.name ?? 'an object without a class';
}

function show(value: unknown): string {
  if (types.isDate(value)) return `Date(${value.getTime()})`;
  if (isObject(value)) return `an instance of ${nameOf(value)}`;
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  return Object.is(value, -0) ? '-0' : String(value);
}
