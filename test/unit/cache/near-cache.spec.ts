import { describe, expect, it } from 'vitest';
import { type KeptEntry, NearCache } from '../../../lib/cache/near-cache.js';

/** Far more than what is counted beside a reading. */
const READING = 100_000;
/** Room for four entries of the largest size there may be. */
const ROOM = 4 * (READING + 1_000);

const entry = (mark: string, bytes = READING): KeptEntry => ({
  kind: 'detail',
  fingerprint: 'query',
  epoch: 'epoch',
  dependencies: [],
  footprints: '',
  freshUntil: 0,
  mark,
  reading: { bytes },
});

/** Which of the keys it has, asked in an order that changes nothing of what goes first. */
function kept(near: NearCache, keys: readonly string[]): string[] {
  return keys.filter((key) => near.get(key));
}

describe('A near cache', () => {
  it('hands out what it was given, under its key', () => {
    const near = new NearCache(ROOM);
    near.set('a', entry('of a'));
    expect(near.get('a')).toEqual(entry('of a'));
    expect(near.get('b')).toBeUndefined();
  });

  it('has no more bytes than there is room for, and drops the oldest first', () => {
    const near = new NearCache(ROOM);
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const key of keys) {
      near.set(key, entry(key));
      expect(near.bytes).toBeLessThanOrEqual(ROOM);
    }
    expect(kept(near, keys)).toEqual(['c', 'd', 'e', 'f']);
  });

  it('takes the one that was read longest ago for the oldest', () => {
    const near = new NearCache(ROOM);
    for (const key of ['a', 'b', 'c', 'd']) near.set(key, entry(key));
    near.get('a');
    near.set('e', entry('e'));
    expect(kept(near, ['a', 'b', 'c', 'd', 'e'])).toEqual(['a', 'c', 'd', 'e']);
  });

  it('drops as many small ones as a large one needs', () => {
    const near = new NearCache(ROOM);
    const small = Array.from({ length: 40 }, (_, i) => `small ${i}`);
    for (const key of small) near.set(key, entry(key, READING / 10));
    near.set('large', entry('large'));
    expect(near.get('large')).toBeDefined();
    expect(near.bytes).toBeLessThanOrEqual(ROOM);
    expect(kept(near, small).at(-1)).toBe('small 39');
  });

  it('keeps no entry larger than a quarter of the room, and none of the former under its key', () => {
    const near = new NearCache(ROOM);
    near.set('a', entry('former'));
    near.set('b', entry('other'));
    const { bytes } = near;
    near.set('a', entry('too large', ROOM / 4));
    expect(kept(near, ['a', 'b'])).toEqual(['b']);
    expect(near.bytes).toBe(bytes / 2);
  });

  it('counts what replaces another one once', () => {
    const near = new NearCache(ROOM);
    near.set('a', entry('first'));
    const { bytes } = near;
    for (let times = 0; times < 10; times++) near.set('a', entry('next'));
    expect(near.bytes).toBe(bytes);
    expect(near.get('a')?.mark).toBe('next');
  });

  it('counts nothing of what is gone', () => {
    const near = new NearCache(ROOM);
    for (const key of ['a', 'b']) near.set(key, entry(key));
    for (const key of ['a', 'b', 'b', 'absent']) near.delete(key);
    expect(near.bytes).toBe(0);
    expect(kept(near, ['a', 'b'])).toEqual([]);
  });

  it('counts more than the readings: a million tiny ones are not for nothing', () => {
    const near = new NearCache(ROOM);
    const keys = Array.from({ length: 10_000 }, (_, i) => `key ${i}`);
    for (const key of keys) near.set(key, entry(key, 0));
    expect(kept(near, keys).length).toBeLessThan(1_000);
  });

  it('without room keeps nothing', () => {
    const near = new NearCache(0);
    near.set('a', entry('of a', 0));
    expect(near.get('a')).toBeUndefined();
    expect(near.bytes).toBe(0);
  });
});
