import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { formatEntry, parseEntry, payloadOf } from '../../../lib/cache/entry.js';

const entry = {
  kind: 'detail' as const,
  fingerprint: 'query',
  epoch: 'history',
  dependencies: [
    { clock: 'shop.public.example', asOf: 1_700_000_000_000_000, rows: ['1', '"\n'] },
    { clock: 'database:shop', asOf: 0 },
    { clock: '__proto__', asOf: Number.MAX_SAFE_INTEGER, rows: [] },
    { clock: 'shop.public.user', asOf: 1, isJournaled: true },
    { clock: 'shop.public.comment', asOf: 2, rows: ['3'], isJournaled: true },
  ],
  footprints: '[[],0,0]',
  freshUntil: 1_700_000_000_000,
  payload: '["line\nbreak"]',
};

/** A text with this for a header. */
const headed = (header: unknown) => `${JSON.stringify(header)}\n\npayload`;
const dependingOn = (...dependencies: unknown[]) =>
  headed(['qs7', 'abcdefghijkl', 'list', 'query', 'history', dependencies, 0, 0]);
const rows = (count: number) => Array.from({ length: count }, (_, i) => String(i));

describe('An entry', () => {
  it('comes back as it was', () => {
    const parsed = parseEntry(formatEntry(entry))!;
    expect(parsed).toEqual({ ...entry, checksum: expect.any(Number) });
    expect(payloadOf(parsed)).toBe(entry.payload);
  });

  it.each<[string, string]>([
    ['without a line break', 'text'],
    ['of one line', '["qs7","abcdefghijkl","list","query","history",[],0,0]\npayload'],
    ['that is torn in its header', '["qs7","list\n'],
    ['of another format', headed(['qs3', 'list', 'query', 'history', [], 0])],
    ['of a format that begins as ours', headed(['qs7x', 'abcdefghijkl', 'list', 'query', 'history', [], 0, 0])],
    ['with an escape where the format ends', '["qs7"x,"abcdefghijkl","list","query","history",[],0,0]\n\npayload'],
    ['of seven parts', headed(['qs7', 'abcdefghijkl', 'list', 'query', 'history', [], 0])],
    ['of nine parts', headed(['qs7', 'abcdefghijkl', 'list', 'query', 'history', [], 0, 0, 1])],
    ['without a name', headed(['qs7', null, 'list', 'query', 'history', [], 0, 0])],
    ['with a longer name', headed(['qs7', 'abcdefghijklm', 'list', 'query', 'history', [], 0, 0])],
    ['of another kind', headed(['qs7', 'abcdefghijkl', 'constructor', 'query', 'history', [], 0, 0])],
    ['of no kind', headed(['qs7', 'abcdefghijkl', null, 'query', 'history', [], 0, 0])],
    ['with a number for a fingerprint', headed(['qs7', 'abcdefghijkl', 'list', 7, 'history', [], 0, 0])],
    ['with a list for an epoch', headed(['qs7', 'abcdefghijkl', 'list', 'query', ['history'], [], 0, 0])],
    [
      'with an object of dependencies',
      headed(['qs7', 'abcdefghijkl', 'list', 'query', 'history', { length: 0 }, 0, 0]),
    ],
    ['with a text of dependencies', headed(['qs7', 'abcdefghijkl', 'list', 'query', 'history', '', 0, 0])],
    ['with a text for a checksum', headed(['qs7', 'abcdefghijkl', 'list', 'query', 'history', [], 0, '0'])],
    ['with a text for the end of its timeout', headed(['qs7', 'abcdefghijkl', 'list', 'query', 'history', [], '0', 0])],
    ['with null for the end of its timeout', headed(['qs7', 'abcdefghijkl', 'list', 'query', 'history', [], null, 0])],
    [
      'with an end of its timeout before all time',
      headed(['qs7', 'abcdefghijkl', 'list', 'query', 'history', [], -1, 0]),
    ],
    [
      'with an end of its timeout after all time',
      '["qs7","abcdefghijkl","list","query","history",[],1e999,0]\n\npayload',
    ],
    ['with null for a dependency', dependingOn(null)],
    ['with a text for a dependency', dependingOn('ab')],
    ['with a dependency of one part', dependingOn(['example'])],
    ['with a dependency of five parts', dependingOn(['example', 1, [], 1, 1])],
    ['with a footprint of another kind', dependingOn(['example', 1, [], 2])],
    ['with a footprint and null for rows', dependingOn(['example', 1, null, 1])],
    ['with a number for a table', dependingOn([7, 1])],
    ['with a list for a table', dependingOn([['example'], 1])],
    ['with a text for an as-of', dependingOn(['example', '1'])],
    ['with null for an as-of', dependingOn(['example', null])],
    [
      'with an as-of that is too large',
      '["qs7","abcdefghijkl","list","query","history",[["example",1e300]],0,0]\n\npayload',
    ],
    [
      'with an as-of that is infinite',
      '["qs7","abcdefghijkl","list","query","history",[["example",1e999]],0,0]\n\npayload',
    ],
    ['with an as-of that is no exact integer', dependingOn(['example', 2 ** 53])],
    ['with an as-of of a half', dependingOn(['example', 0.5])],
    ['with an as-of below zero', dependingOn(['example', -1])],
    ['with a text for rows', dependingOn(['example', 1, 'rows'])],
    ['with a number for rows', dependingOn(['example', 1, 7])],
    ['with null for rows', dependingOn(['example', 1, null])],
    ['with false for rows', dependingOn(['example', 1, false])],
    ['with an object for rows', dependingOn(['example', 1, { length: 1, 0: '1' }])],
    ['with a number for a row', dependingOn(['example', 1, [1]])],
    ['with lists for rows', dependingOn(['example', 1, [['1']]])],
    ['with more rows than a fill names', dependingOn(['example', 1, rows(33)])],
    ['that names a table twice', dependingOn(['example', 1, rows(32)], ['example', 1, rows(32)])],
    ['with a header of two million characters', dependingOn(['example', 1, ['x'.repeat(2_000_000)]])],
    ['with a header nested a hundred thousand deep', `["qs7",${'['.repeat(100_000)}${']'.repeat(100_000)}]\n`],
  ])('%s is none', (_, text) => {
    expect(parseEntry(text)).toBeUndefined();
  });

  it('has the payload it was written with, or none', () => {
    const text = formatEntry(entry);
    const start = text.indexOf('\n') + 1;
    const change = fc.record({
      at: fc.integer({ min: start, max: text.length - 1 }),
      to: fc.string({ maxLength: 1 }),
    });
    fc.assert(
      fc.property(change, ({ at, to }) => {
        fc.pre(text[at] !== to);
        const changed = parseEntry(text.slice(0, at) + to + text.slice(at + 1));
        if (changed) expect(() => payloadOf(changed)).toThrow('does not match its checksum');
      }),
      { numRuns: 1000 },
    );
    for (let length = start; length < text.length; length++) {
      const cut = parseEntry(text.slice(0, length));
      if (cut) expect(() => payloadOf(cut)).toThrow('does not match its checksum');
    }
  });

  it('may name as many rows as a fill does', () => {
    expect(parseEntry(dependingOn(['example', 1, rows(32)]))?.dependencies[0]!.rows).toHaveLength(32);
  });
});
