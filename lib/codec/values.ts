import { Buffer } from 'node:buffer';
import { isDeepStrictEqual, types } from 'node:util';

/**
 * Values as JSON says them, and `{ "$": [kind, form] }` for what JSON cannot say. A real object that has a `$` key is wrapped once
 * more, `{ "$": { ... } }`, so no data can pass for a tag.
 */
export type Packed = unknown;

const TAG = '$';

export function tag(kind: string, form: Packed): Packed {
  return { [TAG]: [kind, form] };
}

/** The kind and the form of a tagged value. */
export function tagOf(packed: Packed): [kind: string, form: Packed] | undefined {
  const content = typeof packed === 'object' && packed !== null ? (packed as Record<string, unknown>)[TAG] : undefined;
  return Array.isArray(content) ? (content as [string, Packed]) : undefined;
}

/** How each kind comes back. No prototype: a kind is text from the store, and `constructor` is not one of ours. */
export const unpack: Record<string, (form: never) => unknown> = Object.assign(Object.create(null), {
  date: (form: number | 'NaN') => new Date(form === 'NaN' ? NaN : aNumber(form)),
  bigint: (form: string) => BigInt(aText(form, MOST_DIGITS)),
  number: (form: string) => aSpecialNumber(form),
  buffer: (form: string) => Buffer.from(aText(form), 'base64'),
  bytes: (form: string) => new Uint8Array(Buffer.from(aText(form), 'base64')),
  undefined: () => undefined,
  data: revive,
  // Related rows are read by their set; this is a relation without any where other rows have ids (`loadRelationIds`).
  many: () => [],
});

/** Of a bigint: what PostgreSQL's `numeric` can have, and a sign. To read one takes longer than its length. */
const MOST_DIGITS = 131_073;

/** `{ "length": 1e9 }` would be as many bytes to Buffer. */
function aText(form: unknown, longest = Infinity): string {
  if (typeof form === 'string' && form.length <= longest) return form;
  throw new TypeError(`a form of type ${typeof form} where a text is written`);
}

/** One that JSON has not; a text of digits could be long, and read again for each entity of its row. */
function aSpecialNumber(form: unknown): number {
  const special = [-0, NaN, Infinity, -Infinity].find((each) => spell(each) === form);
  if (special !== undefined) return special;
  throw new TypeError(`a form of type ${typeof form} where a special number is written`);
}

const spell = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

function aNumber(form: unknown): number {
  if (typeof form === 'number') return form;
  throw new TypeError(`a form of type ${typeof form} where a number is written`);
}

/**
 * The value as JSON-safe data, the very same object when nothing in it needs a tag. `undefined` when it could not come back as it
 * is: a class instance, a function, a getter, a hole.
 */
export function pack(value: unknown, parents: object[] = []): Packed | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : tag('number', spell(value));
    case 'bigint':
      return packBigint(String(value));
    case 'undefined':
      return tag('undefined', null);
    case 'object':
      return value === null ? null : packObject(value, parents);
    default:
      return undefined;
  }
}

function packBigint(digits: string): Packed | undefined {
  return digits.length > MOST_DIGITS ? undefined : tag('bigint', digits);
}

function packObject(value: object, parents: object[]): Packed | undefined {
  // Frozen is a promise to the reader that a copy would not keep, and what a Proxy does nobody knows.
  if (!Object.isExtensible(value) || types.isProxy(value)) return undefined;
  switch (Object.getPrototypeOf(value)) {
    case Object.prototype:
      return nested(value, parents, packRecord);
    case Array.prototype:
      return Array.isArray(value) ? nested(value, parents, packArray) : undefined;
    case Date.prototype:
      return types.isDate(value) ? packDate(value) : undefined;
    case Buffer.prototype:
      return types.isUint8Array(value) ? packBytes('buffer', value, Buffer.from(value)) : undefined;
    case Uint8Array.prototype:
      return types.isUint8Array(value) ? packBytes('bytes', value, new Uint8Array(value)) : undefined;
    default:
      return undefined;
  }
}

function packDate(value: Date): Packed | undefined {
  if (Reflect.ownKeys(value).length > 0) return undefined;
  const time = value.getTime();
  return tag('date', Number.isNaN(time) ? 'NaN' : time);
}

function packBytes(kind: string, value: Uint8Array, copy: Uint8Array): Packed | undefined {
  // Compares extra properties too, without listing the indices of a large buffer as Reflect.ownKeys would.
  if (!isDeepStrictEqual(value, copy)) return undefined;
  return tag(kind, Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'));
}

function nested<T extends object>(
  value: T,
  parents: object[],
  packInside: (value: T, parents: object[]) => Packed | undefined,
): Packed | undefined {
  if (parents.includes(value)) return undefined;
  parents.push(value);
  const packed = packInside(value, parents);
  parents.pop();
  return packed;
}

function packArray(value: unknown[], parents: object[]): Packed | undefined {
  // Own keys list the indices first, then `length`: at its place, there is no hole before it and nothing extra behind.
  const keys = Reflect.ownKeys(value);
  if (keys.length !== value.length + 1 || keys[value.length] !== 'length') return undefined;
  let copy: Packed[] | undefined;
  for (let i = 0; i < value.length; i++) {
    const item = pack(value[i], parents);
    if (item === undefined) return undefined;
    if (item !== value[i]) copy ??= value.slice(0, i);
    copy?.push(item);
  }
  return copy ?? value;
}

function packRecord(value: object, parents: object[]): Packed | undefined {
  const keys = Reflect.ownKeys(value);
  let changed: [PropertyKey, Packed][] | undefined;
  for (let place = 0; place < keys.length; place++) {
    const key = keys[place]!;
    const property = Object.getOwnPropertyDescriptor(value, key)!;
    if (typeof key === 'symbol' || !isOrdinary(property)) return undefined;
    const item = pack(property.value, parents);
    if (item === undefined) return undefined;
    if (item !== property.value) {
      changed ??= keys.slice(0, place).map((before) => [before, (value as Record<PropertyKey, unknown>)[before]]);
    }
    changed?.push([key, item]);
  }
  const packed = changed ? Object.fromEntries(changed) : value;
  return Object.hasOwn(value, TAG) ? { [TAG]: packed } : packed;
}

function isOrdinary({ enumerable, writable, configurable }: PropertyDescriptor): boolean {
  return enumerable === true && writable === true && configurable === true;
}

/** The packed value again, as a copy that shares nothing. */
export function revive(packed: Packed): unknown {
  if (typeof packed !== 'object' || packed === null) return packed;
  if (Array.isArray(packed)) return packed.map(revive);
  const content = (packed as Record<string, unknown>)[TAG];
  if (content === undefined) return reviveRecord(packed);
  const tagged = tagOf(packed);
  return tagged ? unpack[tagged[0]]!(tagged[1] as never) : reviveRecord(content as object);
}

function reviveRecord(packed: object): object {
  const record: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(packed)) {
    // Assigning `__proto__` would change the prototype instead of adding the key that the data has.
    if (key === '__proto__') {
      Object.defineProperty(record, key, { value: revive(item), writable: true, enumerable: true, configurable: true });
    } else {
      record[key] = revive(item);
    }
  }
  return record;
}
