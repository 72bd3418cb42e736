import { describe, expect, it } from 'vitest';
import { type Figures, figuresOf } from './figures.js';
import type { ReadRecord, WorkerRecord } from './messages.js';
import type { RoundRecord } from './round.js';
import { missesOf } from './verdict.js';

const reads = (count: number, durationMs: number, from = 1000): ReadRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    begun: from + i,
    ended: from + i + durationMs,
    asked: { id: 1 },
    shown: [[1, 0]],
  }));

const worker = (record: Partial<WorkerRecord> = {}): WorkerRecord => ({
  reads: reads(50, 2),
  baseline: reads(50, 2),
  writes: [],
  events: [],
  unhandled: [],
  rssBytes: 0,
  ...record,
});

function round(records: Partial<WorkerRecord>, others: Partial<RoundRecord> = {}): RoundRecord {
  return {
    fault: 'black-hole',
    candidate: 'ours, ioredis',
    faultAt: 1000,
    healedAt: 2000,
    workers: [worker(records), worker(), worker()],
    rssBytes: [0, 0, 0],
    closing: { ms: 5, unhandled: [] },
    ...others,
  };
}

function misses(records: Partial<WorkerRecord>, others: Partial<RoundRecord> = {}): string[] {
  const played = round(records, others);
  return missesOf(played, figuresOf(played));
}

const failing: ReadRecord = { begun: 1500, ended: 1501, asked: { id: 1 }, error: 'Error: refused' };

describe('Ours misses with', () => {
  it('nothing, when nothing is wrong', () => {
    expect(misses({})).toEqual([]);
  });

  it('a request that failed, that showed nothing or that never ended', () => {
    expect(misses({ reads: [...reads(50, 2), failing] })).toEqual([expect.stringContaining('1 requests failed')]);
    expect(misses({ reads: [...reads(50, 2), { begun: 1500, ended: 1501, asked: { id: 1 }, shown: [] }] })).toEqual([
      expect.stringContaining('was not shown'),
    ]);
    const write = { id: 3, version: 1, begun: 1500, ended: Infinity, acknowledged: false };
    expect(misses({ writes: [write] })).toEqual([expect.stringContaining('a write never ended')]);
  });

  it('a failed request while the database is down only after it is back', () => {
    const fault = { fault: 'both-down' } as const;
    expect(misses({ reads: [...reads(50, 2), failing] }, fault)).toEqual([]);
    expect(misses({ reads: [...reads(50, 2), { ...failing, begun: 2000, ended: 2001 }] }, fault)).toHaveLength(1);
  });

  it('an unhandled rejection, of a worker or of whoever closes', () => {
    expect(misses({ unhandled: ['Error: lost'] })).toEqual([expect.stringContaining('Error: lost')]);
    expect(misses({}, { closing: { ms: 5, unhandled: ['Error: lost'] } })).toHaveLength(1);
  });

  it('a close of more than a second, or without an end', () => {
    expect(misses({}, { closing: { ms: 1000, unhandled: [] } })).toEqual([]);
    for (const ms of [1001, Infinity]) expect(misses({}, { closing: { ms, unhandled: [] } })).toHaveLength(1);
  });

  it('later reads under a black hole that are slower than without a cache, whatever the first ones were', () => {
    expect(misses({ reads: [...reads(20, 250), ...reads(50, 6, 1300)] })).toEqual([]);
    expect(misses({ reads: [...reads(20, 250), ...reads(50, 8, 1300)] })).toEqual([
      expect.stringContaining('later reads took 6.0 ms'),
    ]);
    expect(misses({ reads: reads(50, 8) }, { fault: 'latency-100ms' })).toEqual([]);
  });

  it('no later reads at all under a black hole', () => {
    const few = worker({ reads: reads(20, 250) });
    expect(misses({}, { workers: [few, few, worker()] })).toEqual([expect.stringContaining('no later ones')]);
  });
});

it('Of others nothing is asked', () => {
  const played = round({ reads: [...reads(50, 2), failing] }, { candidate: 'wrap, ioredis-yet' });
  const figures: Figures = figuresOf(played);
  expect(figures.failed).toBe(1);
  expect(missesOf(played, figures)).toEqual([]);
});

it('The process with a way of its own does not count as met by a fault of the way', () => {
  const played = round({}, { workers: [worker(), worker(), worker({ reads: reads(100, 500) })] });
  expect(figuresOf(played).first.p99).toBe(0);
  expect(figuresOf({ ...played, fault: 'full' }).later.p99).toBe(498);
});
