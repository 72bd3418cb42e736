import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { InvalidIdentifierError } from '../../../lib/index.js';
import { CacheKeys } from '../../../lib/naming/cache-keys.js';
import type { Identifier } from '../../../lib/naming/identifier.js';

const keys = new CacheKeys('example', ['id']);
const composite = new CacheKeys('seat', ['row', 'number']);

/** Any text, lone surrogates, control characters and our own escapes included. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('_', ':', '%', '%25', '~', ',', ' ', '\n', '\0', '\ud800', '\udc00', 'a', '😀'))
    .map((parts) => parts.join('')),
  fc.string({ minLength: 190, maxLength: 210 }),
);

describe('CacheKeys', () => {
  it('spells no suffix and no identifier as it spells the count or a part of a list', () => {
    fc.assert(
      fc.property(
        text,
        fc.oneof(
          text,
          text.map((suffix) => `${suffix}~count`),
        ),
        fc.nat(),
        fc.nat(),
        (one, other, skip, take) => {
          const named = [keys.listKey(one), keys.listKey()];
          const own = named.flatMap((key) => [keys.countKey(key), keys.partKey(key, { skip, take })]);
          expect(new Set(own).size).toBe(4);
          expect(own).not.toContain(keys.listKey(other));
          expect(own).not.toContain(keys.detailKey(other));
        },
      ),
    );
  });

  it.each([
    [1, 'example_1'],
    ['1', 'example_1'],
    [1n, 'example_1'],
    [-0, 'example_0'],
    [true, 'example_true'],
    ['mojix', 'example_mojix'],
    ['a b', 'example_a%20b'],
    ['a\nb', 'example_a%0Ab'],
    ['größe', 'example_größe'],
    ['a_b', 'example_a_b'],
    ['a:b', 'example_a:b'],
    ['~', 'example_%7E'],
    ['', 'example_'],
    [new Date(0), 'example_1970-01-01T00:00:00.000Z'],
    [Buffer.from('ab'), 'example_6162'],
    ['0b4a9b0e-0000-4000-8000-000000000000', 'example_0b4a9b0e-0000-4000-8000-000000000000'],
    [9007199254740993n, 'example_9007199254740993'],
  ] as [Identifier, string][])('prints the detail key of %o', (identifier, key) => {
    expect(keys.detailKey(identifier)).toBe(key);
    expect(composite.detailKey({ row: 'x', number: identifier })).toBe(
      key
        .replace('example_', 'seat_x,')
        .replace(/%/g, '%25')
        .replace(/%25(20|0A|7E)/, '%$1'),
    );
  });

  it.each([
    undefined,
    null,
    NaN,
    {},
    [],
    [1],
    Symbol('id'),
    () => 1,
    new Date(NaN),
    { id: null },
    { id: NaN },
    { id: {} },
    { other: 1 },
  ])('refuses %o as an identifier, saying what to pass', (identifier) => {
    expect(() => keys.detailKey(identifier as never)).toThrow(InvalidIdentifierError);
    expect(() => keys.detailKey(identifier as never)).toThrow(
      /Pass the row's key|Give every part of the key \(id\)|Give every part/,
    );
  });

  it('names the parts a composite key lacks', () => {
    expect(() => composite.detailKey({ row: 'a' })).toThrow(/lacks number, .*\(row, number\)/);
    expect(() => composite.detailKey({ row: 'a', number: undefined })).toThrow(InvalidIdentifierError);
    expect(() => composite.detailKey({})).toThrow(/lacks row, number/);
  });

  it('reads the parts of a composite key where they stand, whatever else an entity holds', () => {
    const embedded = new CacheKeys('seat', ['at.row', 'at.number']);
    expect(embedded.detailKey({ at: { row: 'a', number: 1 }, price: 5 })).toBe('seat_a,1');
    expect(() => embedded.detailKey({ at: { row: 'a' } })).toThrow(/lacks at\.number/);
    expect(() => embedded.detailKey({ at: null })).toThrow(InvalidIdentifierError);
  });

  it('gives distinct texts distinct keys, as suffixes and as identifiers', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(keys.listKey(a) === keys.listKey(b)).toBe(a === b);
        expect(keys.detailKey(a) === keys.detailKey(b)).toBe(a === b);
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives distinct composite keys distinct keys', () => {
    fc.assert(
      fc.property(text, text, text, text, (a, b, c, d) => {
        const same = a === c && b === d;
        expect(composite.detailKey({ row: a, number: b }) === composite.detailKey({ row: c, number: d })).toBe(same);
      }),
      { numRuns: 2_000 },
    );
  });

  it('prints keys that are one readable word of bounded length, in UTF-8', () => {
    const padding = fc.constantFrom(0, 36, 37, 38, 39, 40, 200, 10_240);
    fc.assert(
      fc.property(text, padding, (suffix, length) => {
        const key = keys.listKey('a'.repeat(length) + suffix);
        expect(key).not.toMatch(/[\s\p{Cc}]/u);
        expect(key.length).toBeLessThanOrEqual('example_'.length + 200);
        expect(key.isWellFormed()).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    expect(keys.listKey(`${'a'.repeat(39)}${'😀'.repeat(100)}`).isWellFormed()).toBe(true);
  });

  it('spells a long text as it spells a short one, and escapes of it only what is read', () => {
    const key = (text: string) => keys.listKey(text).slice('example_'.length);
    const digest = (text: string) =>
      `~${createHash('sha256').update(Buffer.from(text, 'utf16le')).digest('base64url')}`;
    const cut = 'x'.repeat(300);
    for (const [text, start] of [
      [cut, cut.slice(0, 40)],
      ['x'.repeat(201), cut.slice(0, 40)],
      ['%'.repeat(80), `${'%25'.repeat(13)}%`],
      ['%'.repeat(300), `${'%25'.repeat(13)}%`],
      [`${'a'.repeat(39)}${'😀'.repeat(100)}`, `${'a'.repeat(39)}\ufffd`],
      [` ${'a'.repeat(38)}${'😀'.repeat(100)}`, `%20${'a'.repeat(37)}`],
      [`${'~'.repeat(10)}${cut}`, `${'%7E'.repeat(10)}${'x'.repeat(10)}`],
      [`${cut}\ud800`, ''],
    ] as const) {
      expect(key(text)).toBe(start + digest(text));
    }
    const escape = vi.spyOn(globalThis, 'encodeURIComponent');
    onTestFinished(() => escape.mockRestore());
    keys.listKey('%'.repeat(1_000_000));
    keys.detailKey(' '.repeat(1_000_000));
    expect(escape.mock.calls.length).toBeLessThan(100);
  });

  it('takes a number, a bigint and their text for one identifier', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (id) => {
        expect(new Set([id, BigInt(id), String(id)].map((each) => keys.detailKey(each))).size).toBe(1);
      }),
    );
  });

  it('knows its own keys in a plain text, with and without the namespace', () => {
    const spaced = new CacheKeys('app:example', ['id'], 'app:');
    for (const manager of [keys, spaced]) {
      expect(manager.named('example')).toBe(manager.listKey());
      expect(manager.named('example_1')).toBe(manager.detailKey(1));
      expect(manager.named(manager.listKey('active'))).toBe(manager.listKey('active'));
      for (const other of ['examples', 'exampl', 'example-1', 'other:example', '']) {
        expect(manager.named(other)).toBeUndefined();
      }
    }
  });
});
