import { describe, expect, it } from 'vitest';
import { BoundedMemo } from '../../../lib/invalidation/sql/bounded-memo.js';
import { readStatements } from '../../../lib/invalidation/sql/read-statements.js';

describe('BoundedMemo', () => {
  it('forgets the least recently used key', () => {
    const memo = new BoundedMemo<number>(2, 10);
    memo.set('a', 1);
    memo.set('b', 2);
    memo.get('a');
    memo.set('c', 3);
    expect([memo.get('a'), memo.get('b'), memo.get('c'), memo.size]).toEqual([1, undefined, 3, 2]);
  });

  it('keeps no long key', () => {
    const memo = new BoundedMemo<number>(2, 3);
    memo.set('long', 1);
    expect([memo.get('long'), memo.size]).toEqual([undefined, 0]);
  });
});

describe('readStatements', () => {
  it('reads a text once', () => {
    expect(readStatements('SELECT 1 FROM memo', 'postgres')).toBe(readStatements('SELECT 1 FROM memo', 'postgres'));
  });

  it('remembers a text per dialect', () => {
    const sql = 'DELETE FROM "post"';
    expect(readStatements(sql, 'postgres')).not.toEqual(readStatements(sql, 'mysql'));
  });
});
