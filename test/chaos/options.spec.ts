import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.js';

describe('parseOptions', () => {
  it('takes every fault and every candidate unless told otherwise', () => {
    const { faults, candidates, seconds } = parseOptions([]);
    expect([faults.length, candidates.length, seconds]).toEqual([15, 6, 2.5]);
  });

  it('takes some of them', () => {
    expect(parseOptions(['--only', 'refused,full']).faults).toEqual(['refused', 'full']);
    expect(parseOptions(['--candidate', 'ours', '--client', 'node-redis']).candidates).toEqual(['ours, node-redis']);
  });

  it('refuses what there is not, and what would run nothing', () => {
    expect(() => parseOptions(['--only', 'rain'])).toThrow(/--only is rain.*refused, black-hole/);
    expect(() => parseOptions(['--candidate', 'mine'])).toThrow(/ours, bentocache, wrap/);
    expect(() => parseOptions(['--candidate', 'bentocache', '--client', 'node-redis'])).toThrow(/ioredis only/);
    expect(() => parseOptions(['--seconds', 'ten'])).toThrow(/--seconds is ten/);
  });
});
