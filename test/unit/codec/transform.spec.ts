import { describe, expect, it } from 'vitest';
import { isMadeAnew } from '../../../lib/codec/transform.js';
import { pack } from '../../../lib/codec/values.js';

const shared = { a: 1 };
const twice = () => {
  const inner = {};
  return { one: inner, other: inner };
};
const fixed = () => Object.defineProperty([0], 0, { value: 1, enumerable: true, configurable: false });

function isAnew(make: () => unknown) {
  const value = make();
  return isMadeAnew(value, pack(value), make());
}

describe('a value that is made anew', () => {
  it.each<[string, () => unknown]>([
    ['data', () => ({ a: [1, { b: null }], at: new Date(0) })],
    ['bytes', () => Buffer.from('bytes')],
    ['a date', () => new Date(0)],
  ])('is as good as a copy: %s', (_, make) => {
    expect(isAnew(make)).toBe(true);
  });

  let count = 0;
  it.each<[string, () => unknown]>([
    ['the same object every time', () => shared],
    ['the same object inside', () => [{ a: shared }]],
    ['the same date inside', ((at: Date) => () => [at])(new Date(0))],
    ['an object that it holds twice', twice],
    ['another value every time', () => ({ count: count++ })],
    ['an item that cannot be replaced', fixed],
  ])('is not: %s', (_, make) => {
    expect(isAnew(make)).toBe(false);
  });
});
