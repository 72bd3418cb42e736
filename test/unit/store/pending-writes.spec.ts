import { describe, expect, it } from 'vitest';
import { PendingWrites } from '../../../lib/store/pending-writes.js';

const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ clock: 'user', rows: [String(i)] }));

describe('Writes of one table that become visible together', () => {
  it('name up to a hundred rows, and count as of unknown rows beyond that', () => {
    expect(new PendingWrites().add(rows(100)).toWrites()[0]!.rows).toHaveLength(100);
    expect(new PendingWrites().add(rows(101)).toWrites()).toMatchObject([{ clock: 'user', rows: 'unknown' }]);
  });

  it('that name rows by two keys count as of unknown rows', () => {
    const pending = new PendingWrites().add([
      { clock: 'user', rows: ['1'], key: 'id' },
      { clock: 'user', rows: ['one'], key: 'slug' },
    ]);
    expect(pending.toWrites()).toMatchObject([{ clock: 'user', rows: 'unknown' }]);
  });

  const changes = (...texts: (string | undefined)[]) =>
    new PendingWrites()
      .add(texts.map((change) => ({ clock: 'user', rows: 'new', ...(change === undefined ? {} : { change }) })))
      .toWrites();

  it('tell what they have changed in their order, a line each', () => {
    expect(changes('one')).toEqual([expect.objectContaining({ change: 'one' })]);
    expect(changes('one', 'two', 'three')).toEqual([expect.objectContaining({ change: 'one\ntwo\nthree' })]);
  });

  it.each([
    ['the first', [undefined, 'two', 'three']],
    ['the last', ['one', 'two', undefined]],
    ['one between', ['one', undefined, 'three', 'four']],
    ['an empty one', ['one', '', 'three']],
    ['an empty one that is the first', ['', 'two']],
  ])('tell of no change where one of them tells of none: %s', (_, texts) => {
    expect(changes(...texts)[0]).not.toHaveProperty('change');
  });

  it('tell of no change where together that is more than 4,000 characters', () => {
    const long = 'x'.repeat(1_999);
    expect(changes(long, long)[0]!.change).toHaveLength(3_999);
    expect(changes(long, `${long}xx`)[0]).not.toHaveProperty('change');
    expect(changes(long, `${long}xx`, 'three')[0]).not.toHaveProperty('change');
  });

  it('tell each table what was changed there', () => {
    const pending = new PendingWrites().add([
      { clock: 'user', rows: 'new', change: 'one' },
      { clock: 'photo', rows: 'new' },
      { clock: 'user', rows: ['1'], change: 'two' },
    ]);
    expect(pending.toWrites().map(({ clock, change }) => [clock, change])).toEqual([
      ['user', 'one\ntwo'],
      ['photo', undefined],
    ]);
  });
});
