import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ExpiringMap } from '../../../lib/store/expiring-map.js';

describe('ExpiringMap', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => void vi.useRealTimers());
  const elapse = (ms: number) => vi.setSystemTime(Date.now() + ms);

  it('never holds more than its capacity, and lets the oldest go', () => {
    const map = new ExpiringMap<number>(100);
    for (let i = 0; i < 1000; i++) {
      map.set(`k${i}`, i, 1000);
      expect(map.size).toBeLessThanOrEqual(100);
      expect(map.get(`k${i}`)).toBe(i);
    }
    expect(map.get('k0')).toBeUndefined();
    expect(map.get('k950')).toBe(950);
  });

  it('lets what is past its time go before anything that is not', () => {
    const map = new ExpiringMap<number>(100);
    map.set('old but alive', 1, 10_000);
    for (let i = 0; i < 99; i++) map.set(`k${i}`, i, 10);
    elapse(20);
    map.set('new', 2, 10);
    expect(map.size).toBe(2);
    expect(map.get('old but alive')).toBe(1);
  });

  it('keeps a lifetime through another value, and only ever lengthens it', () => {
    const map = new ExpiringMap<number>(10);
    map.set('a', 1, 100);
    map.replace('a', 2);
    map.keep('a', 50);
    elapse(90);
    expect(map.get('a')).toBe(2);
    map.keep('a', 100);
    elapse(90);
    expect(map.get('a')).toBe(2);
    elapse(20);
    map.replace('a', 3);
    map.keep('a', 100);
    expect(map.get('a')).toBeUndefined();
  });
});
