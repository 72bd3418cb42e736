import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearestName } from '../../../lib/naming/near-name.js';

describe('The distance of two names', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['abc', 'ab', 1],
    ['abc', 'xabc', 1],
    ['abc', 'axc', 1],
    ['abc', 'acb', 1],
    ['abcd', 'badc', 2],
    ['kitten', 'sitting', 3],
    // Put in between, two swapped letters are no pair any more.
    ['ca', 'abc', 3],
  ])('%j and %j is %i', (one, other, distance) => {
    expect(editDistance(one, other)).toBe(distance);
  });

  it('is 0 for equal ones only, the same both ways, and no more than the longer one', () => {
    const name = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') });
    fc.assert(
      fc.property(name, name, (one, other) => {
        const distance = editDistance(one, other);
        expect(distance === 0).toBe(one === other);
        expect(distance).toBe(editDistance(other, one));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(one.length - other.length));
        expect(distance).toBeLessThanOrEqual(Math.max(one.length, other.length));
      }),
    );
  });
});

describe('The nearest name', () => {
  const known = ['redis', 'budgetMs', 'holdMs', 'listTimeout', 'scope'];

  it.each([
    ['budgetMS', { name: 'budgetMs', distance: 0 }],
    ['list_timeout', { name: 'listTimeout', distance: 0 }],
    ['list-timeout', { name: 'listTimeout', distance: 0 }],
    ['budgteMs', { name: 'budgetMs', distance: 1 }],
    ['listTimeouts', { name: 'listTimeout', distance: 1 }],
    ['lstTimout', { name: 'listTimeout', distance: 2 }],
    // Of a short name two letters are too much of it.
    ['redi', { name: 'redis', distance: 1 }],
    ['red', undefined],
    ['shape', undefined],
    ['lsTimout', undefined],
    ['ttl', undefined],
    ['', undefined],
  ])('to %j is %j', (name, nearest) => {
    expect(nearestName(name, known)).toEqual(nearest);
  });

  it('of several is the nearest one, of as near ones the first', () => {
    expect(nearestName('listTimeout', ['lastTimeout', 'listTimeout'])?.name).toBe('listTimeout');
    expect(nearestName('lustTimeout', ['lastTimeout', 'listTimeout'])?.name).toBe('lastTimeout');
    expect(nearestName('listTimeout', [])).toBeUndefined();
  });
});
