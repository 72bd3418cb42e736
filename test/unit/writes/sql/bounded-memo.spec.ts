import { describe, expect, it } from 'vitest';
import { BoundedMemo } from '../../../../lib/writes/sql/bounded-memo.js';
import { readStatements } from '../../../../lib/writes/sql/read-statements.js';

describe('BoundedMemo', () => {
  it('keeps the keys in use and forgets the others', () => {
    const memo = new BoundedMemo<number>(2, 10);
    memo.set('used', 1);
    memo.set('once', 2);
    for (let index = 0; index < 5; index++) {
      memo.set(`key${index}`, index);
      expect(memo.get('used')).toBe(1);
    }
    expect(memo.get('once')).toBeUndefined();
  });

  it('keeps at most twice its measure', () => {
    const memo = new BoundedMemo<number>(3, 10);
    const keys = Array.from({ length: 100 }, (_, index) => `key${index}`);
    for (const [index, key] of keys.entries()) memo.set(key, index);
    expect(keys.filter((key) => memo.get(key) !== undefined).length).toBeLessThanOrEqual(6);
  });

  it('keeps no long key', () => {
    const memo = new BoundedMemo<number>(2, 3);
    memo.set('long', 1);
    expect(memo.get('long')).toBeUndefined();
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
