import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack, revive } from '../../../lib/codec/values.js';
import { expectSame } from '../../support/expect-same.js';

const hostile = fc.constantFrom(
  '__proto__',
  'constructor',
  'toJSON',
  'then',
  '$',
  '_function_()=>{}|x',
  '_date_0',
  '_duplicate_["v"]',
  '{"$":["date",0]}',
  '\ud800',
  '\udfff\ud800',
  '\u2028\u2029',
  '\0',
);

const key = fc.oneof(hostile, fc.string({ unit: 'binary' }));

const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    hostile,
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.bigInt(),
    fc.constantFrom(null, undefined, -0, NaN, Infinity, -Infinity),
    fc.date({ noInvalidDate: false }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.uint8Array(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;

const throughText = (packed: unknown) => JSON.parse(JSON.stringify(packed)) as unknown;

describe('values', () => {
  it('come back from text as they were', () => {
    fc.assert(
      fc.property(value, (original) => {
        expectSame(revive(throughText(pack(original))), original);
      }),
      { numRuns: 2000 },
    );
  });

  it('come back from a tag that the data itself contains', () => {
    const data = { $: ['date', 0], nested: { $: { $: ['bigint', '1'] } } };
    expectSame(revive(throughText(pack(data))), data);
  });

  it('are packed as they are when JSON says them', () => {
    const data = { text: 'a', list: [1, { deep: null }], flag: true };
    expect(pack(data)).toBe(data);
  });

  it('share nothing with what they were revived from', () => {
    const packed = { list: [{ a: 1 }] };
    const first = revive(packed) as typeof packed;
    first.list[0]!.a = 2;
    expectSame(revive(packed), { list: [{ a: 1 }] });
  });

  it('keep `__proto__` a key like any other', () => {
    const data = JSON.parse('{"__proto__":{"polluted":true},"when":0}') as Record<string, unknown>;
    const revived = revive(throughText(pack({ ...data, when: new Date(0), inner: data }))) as { inner: object };
    expect(Object.getPrototypeOf(revived.inner)).toBe(Object.prototype);
    expect(Object.hasOwn(revived.inner, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('bring bytes back without the memory they are a view of', () => {
    const pool = Buffer.alloc(8192, 'x');
    const packed = JSON.stringify(pack(pool.subarray(10, 14)));
    expect(packed.length).toBeLessThan(40);
    expectSame(revive(JSON.parse(packed)), Buffer.from('xxxx'));
  });

  const cyclic: Record<string, unknown> = {};
  cyclic.again = { twice: [cyclic] };

  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a class instance', new (class Point {})()],
    ['a Map', new Map()],
    ['a Set', new Set()],
    ['a regular expression', /x/],
    ['an error', new Error('x')],
    ['a boxed string', new String('x')],
    ['an object without a prototype', Object.create(null)],
    ['a Date of a subclass', new (class extends Date {})()],
    ['a pretended Date', Object.create(Date.prototype)],
    ['a Date with a property', Object.assign(new Date(), { zone: 'UTC' })],
    ['a Buffer with a property', Object.assign(Buffer.from('x'), { name: 'x' })],
    ['a pretended Buffer', Object.create(Buffer.prototype)],
    ['another typed array', new Uint16Array(1)],
    ['an array of a subclass', new (class extends Array {})()],
    ['an array with a hole', Object.assign([1], { 2: 2 })],
    ['an array with a hole and a property', Object.assign([], { 1: 1, x: 1 })],
    ['an array with a property', Object.assign([1], { index: 0 })],
    ['a frozen object', Object.freeze({ a: 1 })],
    ['a frozen array', Object.freeze([1])],
    ['an object with a symbol key', { [Symbol('s')]: 1 }],
    [
      'an object with a getter',
      {
        get a() {
          return 1;
        },
      },
    ],
    ['an object with a hidden property', Object.defineProperty({}, 'a', { value: 1 })],
    ['an object with a fixed property', Object.defineProperty({}, 'a', { value: 1, enumerable: true })],
    [
      'an object with a property to stay',
      Object.defineProperty({}, 'a', { value: 1, enumerable: true, writable: true }),
    ],
    ['a Proxy', new Proxy({ a: 1 }, {})],
    ['a Proxy of an array', new Proxy([1], {})],
    [
      'arguments',
      (function () {
        return arguments;
      })(),
    ],
    ['a cycle', cyclic],
  ])('refuse %s, also inside', (_, unsupported) => {
    expect(pack(unsupported)).toBeUndefined();
    expect(pack([{ inside: unsupported }])).toBeUndefined();
  });
});
