import { describe, expect, it } from 'vitest';
import { type Entry, formatEntry, parseEntry } from '../../../lib/cache/entry.js';

const entry: Entry = {
  kind: 'detail',
  fingerprint: 'query',
  epoch: 'history',
  dependencies: [
    { clock: 'shop.public.example', asOf: 1_700_000_000_000_000, rows: ['1', '"\n'] },
    { clock: 'database:shop', asOf: 0 },
    { clock: '__proto__', asOf: Number.MAX_SAFE_INTEGER, rows: [] },
  ],
  payload: '["line\nbreak"]',
};

/** A text with this for a header. */
const headed = (header: unknown) => `${JSON.stringify(header)}\npayload`;
const dependingOn = (...dependencies: unknown[]) => headed(['qs2', 'list', 'query', 'history', dependencies]);
const rows = (count: number) => Array.from({ length: count }, (_, i) => String(i));

describe('An entry', () => {
  it('comes back as it was', () => {
    expect(parseEntry(formatEntry(entry))).toEqual(entry);
  });

  it.each<[string, string]>([
    ['without a line break', 'text'],
    ['that is torn in its header', '["qs2","list\n'],
    ['of another format', headed(['qs1', 'list', 'query', 'history', []])],
    ['of a format that begins as ours', headed(['qs2x', 'list', 'query', 'history', []])],
    ['with an escape where the format ends', '["qs2"x,"list","query","history",[]]\npayload'],
    ['of four parts', headed(['qs2', 'list', 'query', 'history'])],
    ['of six parts', headed(['qs2', 'list', 'query', 'history', [], 1])],
    ['of another kind', headed(['qs2', 'constructor', 'query', 'history', []])],
    ['of no kind', headed(['qs2', null, 'query', 'history', []])],
    ['with a number for a fingerprint', headed(['qs2', 'list', 7, 'history', []])],
    ['with a list for an epoch', headed(['qs2', 'list', 'query', ['history'], []])],
    ['with an object of dependencies', headed(['qs2', 'list', 'query', 'history', { length: 0 }])],
    ['with a text of dependencies', headed(['qs2', 'list', 'query', 'history', ''])],
    ['with null for a dependency', dependingOn(null)],
    ['with a text for a dependency', dependingOn('ab')],
    ['with a dependency of one part', dependingOn(['example'])],
    ['with a dependency of four parts', dependingOn(['example', 1, [], []])],
    ['with a number for a table', dependingOn([7, 1])],
    ['with a list for a table', dependingOn([['example'], 1])],
    ['with a text for an as-of', dependingOn(['example', '1'])],
    ['with null for an as-of', dependingOn(['example', null])],
    ['with an as-of that is too large', '["qs2","list","query","history",[["example",1e300]]]\npayload'],
    ['with an as-of that is infinite', '["qs2","list","query","history",[["example",1e999]]]\npayload'],
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
    ['with a header nested a hundred thousand deep', `["qs2",${'['.repeat(100_000)}${']'.repeat(100_000)}]\n`],
  ])('%s is none', (_, text) => {
    expect(parseEntry(text)).toBeUndefined();
  });

  it('may name as many rows as a fill does', () => {
    expect(parseEntry(dependingOn(['example', 1, rows(32)]))?.dependencies[0]!.rows).toHaveLength(32);
  });
});
