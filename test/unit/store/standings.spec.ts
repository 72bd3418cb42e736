import { beforeEach, describe, expect, it } from 'vitest';
import { STANDING_MS, Standings } from '../../../lib/store/standings.js';

let nowMs: number;
let standings: Standings;

beforeEach(() => {
  nowMs = 5_000;
  standings = new Standings(() => nowMs);
});

describe('An answer', () => {
  it('stands until one of the keys it was made of changes, and never again', () => {
    const of = standings.begin(['a', 'b']);
    const other = standings.begin(['b', 'c']);
    standings.end('d');
    expect([of.isStanding, other.isStanding]).toEqual([true, true]);
    standings.end('a');
    expect([of.isStanding, other.isStanding]).toEqual([false, true]);
    standings.end('b');
    expect(other.isStanding).toBe(false);
    standings.begin(['a', 'b']);
    expect([of.isStanding, other.isStanding]).toEqual([false, false]);
  });

  it('stands for no longer than a second since its read was sent, whatever is heard', () => {
    const of = standings.begin(['a']);
    nowMs += STANDING_MS - 1;
    expect(of.isStanding).toBe(true);
    nowMs += 1;
    expect(of.isStanding).toBe(false);
    expect(STANDING_MS).toBe(1_000);
  });

  it('stands no more when anything may have changed', () => {
    const all = [standings.begin(['a']), standings.begin(['b'])];
    standings.endAll();
    expect(all.map(({ isStanding }) => isStanding)).toEqual([false, false]);
    expect(standings.begin(['a']).isStanding).toBe(true);
  });

  it('of a key that was asked for twice is one, and ends once', () => {
    const of = standings.begin(['a', 'a']);
    standings.end('a');
    expect([of.isStanding, standings.size]).toEqual([false, 0]);
  });
});

describe('What ended', () => {
  it('is forgotten when it ends, and the others are not', () => {
    for (const keys of [['a', 'b'], ['a'], ['b']]) standings.begin(keys);
    standings.end('a');
    expect(standings.size).toBe(1);
    standings.end('b');
    expect(standings.size).toBe(0);
  });

  it('is forgotten when its time is over, by the next one that begins or when told to', () => {
    for (let i = 0; i < 1_000; i++) standings.begin([`key ${i}`, 'shared']);
    nowMs += STANDING_MS;
    standings.begin(['shared']);
    expect(standings.size).toBe(1);
    nowMs += STANDING_MS;
    standings.forget();
    expect(standings.size).toBe(0);
    // Nothing is left under the keys either.
    standings.begin(['key 1']);
    standings.end('key 1');
    expect(standings.size).toBe(0);
  });

  it('leaves no more than what was read within a second', () => {
    let most = 0;
    for (let i = 0; i < 10_000; i++) {
      nowMs += STANDING_MS / 100;
      standings.begin([`key ${i}`, 'shared']);
      most = Math.max(most, standings.size);
    }
    expect(most).toBeLessThanOrEqual(101);
  });
});
