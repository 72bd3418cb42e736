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
});
