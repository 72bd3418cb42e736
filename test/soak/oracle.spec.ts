import { describe, expect, it } from 'vitest';
import type { RowSet } from './messages.js';
import { type HistoryRow, Oracle } from './oracle.js';

const HOLD_MS = 1000;
/** How much later than its hold's deadline a dead process's write must be seen. */
const SEEN_MS = HOLD_MS + 100;

function state(seq: number, write: number, change: Partial<HistoryRow> = {}): HistoryRow {
  return { seq, write, table: 'article', row: '1', stamp: seq, present: true, facts: { shelf: 1 }, ...change };
}

/** Row 1 as it was at the start (stamp 1) and as write 1000001 left it (stamp 2 unless told otherwise). */
function oracleOf(change: Partial<HistoryRow> = {}): Oracle {
  const oracle = new Oracle(HOLD_MS, (write) => Math.floor(write / 1_000_000));
  oracle.learn([state(1, 0), state(2, 1_000_001, change)]);
  oracle.begun(1_000_001, 'update', 100);
  return oracle;
}

function acknowledged(oracle: Oracle): Oracle {
  oracle.settled(1_000_001, { outcome: 'acknowledged', at: 120, committing: 110, owed: undefined });
  return oracle;
}

/** Acknowledged at 120, and owed to the store as that debt. */
function owing(debt: number, change: Partial<HistoryRow> = {}): Oracle {
  const oracle = oracleOf(change);
  oracle.settled(1_000_001, { outcome: 'acknowledged', at: 120, committing: 110, owed: debt });
  return oracle;
}

/** Processes 1 and 2 write; 3 does not. */
function judge(oracle: Oracle, begun: number, shown: RowSet['shown'], asked: Partial<RowSet> = {}, worker = 3) {
  const sets = [{ table: 'article', ...asked, shown }];
  return oracle.check({ worker, what: 'a read', begun, ended: begun + 5, sets })?.kind;
}

describe('Oracle', () => {
  it('finds a read stale that began after a write was acknowledged and shows what was before', () => {
    expect(judge(acknowledged(oracleOf()), 121, [['1', 1]])).toBe('stale');
  });

  it('lets a read that began earlier show either', () => {
    expect(judge(acknowledged(oracleOf()), 115, [['1', 1]])).toBeUndefined();
    expect(judge(acknowledged(oracleOf()), 115, [['1', 2]])).toBeUndefined();
  });

  it('finds a read dirty that shows what nobody committed', () => {
    expect(judge(acknowledged(oracleOf()), 121, [['1', 3]])).toBe('dirty');
  });

  it('finds a read dirty that ended before the commit it shows had begun', () => {
    expect(judge(acknowledged(oracleOf()), 101, [['1', 2]])).toBe('dirty');
  });

  it('finds a read stale that misses a row, or shows one that is gone', () => {
    expect(judge(acknowledged(oracleOf()), 121, [])).toBe('stale');
    expect(judge(acknowledged(oracleOf({ present: false, stamp: null })), 121, [['1', 1]])).toBe('stale');
    expect(judge(acknowledged(oracleOf({ present: false, stamp: null })), 121, [])).toBeUndefined();
  });

  it('finds a list stale that shows a row under the filter it no longer matches', () => {
    const moved = { facts: { shelf: 2 } };
    expect(judge(acknowledged(oracleOf(moved)), 121, [['1', 1]], { where: ['shelf', 1] })).toBe('stale');
    expect(judge(acknowledged(oracleOf(moved)), 121, [], { where: ['shelf', 1] })).toBeUndefined();
    expect(judge(acknowledged(oracleOf(moved)), 121, [], { where: ['shelf', 2] })).toBe('stale');
  });

  it('judges rows that are shown without a stamp by their being there', () => {
    const gone = { present: false, stamp: null };
    expect(judge(acknowledged(oracleOf(gone)), 121, [['1', null]])).toBe('stale');
    expect(judge(acknowledged(oracleOf()), 121, [['1', null]])).toBeUndefined();
  });

  it('asks of a dead process that its committed write is seen once its hold is over', () => {
    const oracle = oracleOf();
    oracle.died(1, 130);
    expect(judge(oracle, 130 + SEEN_MS - 1, [['1', 1]])).toBeUndefined();
    expect(judge(oracle, 130 + SEEN_MS, [['1', 1]])).toBe('stale');
    // Whatever is evicted afterwards.
    oracle.tableEvicted(5000);
    expect(judge(oracle, 130 + SEEN_MS, [['1', 1]])).toBe('stale');
    expect(oracle.orphans).toBe(1);
  });

  it('asks nothing of a dead process whose hold was evicted, or whose write took too long to be in time', () => {
    const evicted = oracleOf();
    evicted.tableEvicted(101);
    evicted.died(1, 130);
    expect(judge(evicted, 9000, [['1', 1]])).toBeUndefined();
    const slow = oracleOf();
    slow.died(1, 100 + HOLD_MS / 2 + 1);
    expect(judge(slow, 9000, [['1', 1]])).toBeUndefined();
  });

  it('asks nothing of a write the store could not be told of', () => {
    const oracle = oracleOf();
    oracle.settled(1_000_001, { outcome: 'acknowledged', at: 120, committing: 110, owed: 1 });
    expect(judge(oracle, 9000, [['1', 1]])).toBeUndefined();
  });

  it('counts the reads that only an unheard write excuses', () => {
    const oracle = oracleOf();
    oracle.settled(1_000_001, { outcome: 'acknowledged', at: 120, committing: 110, owed: 1 });
    judge(oracle, 119, [['1', 1]]);
    judge(oracle, 121, [['1', 2]]);
    expect(oracle.excused).toBe(0);
    judge(oracle, 121, [['1', 1]]);
    expect(oracle.excused).toBe(1);
  });

  it('asks of others that they know what was owed to the store once it is paid', () => {
    const oracle = owing(1);
    oracle.paid(1, 1, 500);
    expect(judge(oracle, 499, [['1', 1]])).toBeUndefined();
    expect(oracle.excused).toBe(1);
    expect(judge(oracle, 501, [['1', 1]])).toBe('stale');
    expect(judge(oracle, 501, [['1', 2]])).toBeUndefined();
  });

  it('takes a payment for what was owed when it began, and for nothing of another process', () => {
    const oracle = owing(2);
    oracle.paid(1, 1, 500);
    oracle.paid(2, 9, 500);
    expect(judge(oracle, 501, [['1', 1]])).toBeUndefined();
    oracle.paid(1, 2, 600);
    expect(judge(oracle, 599, [['1', 1]])).toBeUndefined();
    expect(judge(oracle, 601, [['1', 1]])).toBe('stale');
  });

  it('knows of a payment that came before the write was acknowledged', () => {
    const oracle = oracleOf();
    oracle.paid(1, 1, 115);
    oracle.settled(1_000_001, { outcome: 'acknowledged', at: 120, committing: 110, owed: 1 });
    expect(judge(oracle, 119, [['1', 1]])).toBeUndefined();
    expect(judge(oracle, 121, [['1', 1]])).toBe('stale');
  });

  it('asks of who owes it to the store that it knows its own write', () => {
    expect(judge(owing(1), 121, [['1', 1]], {}, 1)).toBe('stale');
    expect(judge(owing(1), 121, [['1', 1]], {}, 2)).toBeUndefined();
  });

  describe('while a write that freed a key is owed', () => {
    const taken = { outcome: 'acknowledged', at: 150, committing: 140, owed: undefined } as const;
    const bySlug = { where: ['slug', 'a'], isUnique: true } as const;

    /** Row 1 had slug a, which an owed write took away; then row 2 got it, which was heard. */
    function moved(change: Partial<HistoryRow>): Oracle {
      const oracle = new Oracle(HOLD_MS, (write) => Math.floor(write / 1_000_000));
      oracle.learn([state(1, 0, { facts: { slug: 'a' } }), state(2, 0, { row: '2', facts: { slug: 'c' } })]);
      oracle.learn([state(3, 1_000_001, change), state(4, 2_000_001, { row: '2', facts: { slug: 'a' } })]);
      oracle.begun(1_000_001, 'slug changes', 100);
      oracle.settled(1_000_001, { outcome: 'acknowledged', at: 120, committing: 110, owed: 1 });
      oracle.begun(2_000_001, 'slug changes', 130);
      oracle.settled(2_000_001, taken);
      return oracle;
    }

    it.each([
      ['changed', { facts: { slug: 'b' } }],
      ['deleted', { present: false, stamp: null }],
    ])('lets others find the row that was %s', (_, change) => {
      expect(judge(moved(change), 160, [['1', 1]], bySlug)).toBeUndefined();
      expect(judge(moved(change), 160, [['1', 1]], bySlug, 1)).toBe('stale');
      expect(judge(moved(change), 160, [['1', 1]], { where: ['slug', 'a'] })).toBe('stale');
      expect(judge(moved({ facts: { slug: 'a' } }), 160, [['1', 1]], bySlug)).toBe('stale');
      const paid = moved(change);
      paid.paid(1, 1, 155);
      expect(judge(paid, 160, [['1', 1]], bySlug)).toBe('stale');
      expect(judge(paid, 160, [['2', 4]], bySlug)).toBeUndefined();
    });

    it('lets others find the row that was there before the one that was inserted under its key', () => {
      const reinserted = (change: Partial<HistoryRow> = { present: false, stamp: null }) => {
        const oracle = owing(1, change);
        oracle.learn([state(3, 2_000_001)]);
        oracle.begun(2_000_001, 'insert', 130);
        oracle.settled(2_000_001, taken);
        return oracle;
      };
      expect(judge(reinserted(), 160, [['1', 1]])).toBeUndefined();
      expect(judge(reinserted(), 160, [['1', 3]])).toBeUndefined();
      expect(judge(reinserted(), 160, [['1', 1]], {}, 1)).toBe('stale');
      // Restored, which names the row.
      expect(judge(reinserted({ present: false }), 160, [['1', 1]])).toBe('stale');
      const written = reinserted();
      written.learn([state(4, 2_000_002)]);
      written.begun(2_000_002, 'update', 151);
      written.settled(2_000_002, { ...taken, at: 155 });
      expect(judge(written, 160, [['1', 1]])).toBe('stale');
    });
  });

  it('asks nothing of what a process owed when it died', () => {
    const oracle = owing(1);
    oracle.died(1, 130);
    expect(judge(oracle, 9000, [['1', 1]])).toBeUndefined();
  });

  it('excuses nothing of the others, and nothing dirty, by an unheard write', () => {
    const oracle = acknowledged(oracleOf());
    oracle.learn([state(3, 2_000_001)]);
    oracle.begun(2_000_001, 'update', 130);
    oracle.settled(2_000_001, { outcome: 'acknowledged', at: 150, committing: 140, owed: 1 });
    expect(judge(oracle, 160, [['1', 1]])).toBe('stale');
    expect(judge(oracle, 160, [['1', 4]])).toBe('dirty');
    expect(judge(oracle, 160, [['1', 2]])).toBeUndefined();
    expect(oracle.excused).toBe(1);
  });

  it('asks of a migration that its rows are seen once its application has booted, not from its commit on', () => {
    const oracle = oracleOf();
    // Committed at 110, booted at 900.
    expect(judge(oracle, 500, [['1', 1]])).toBeUndefined();
    oracle.settled(1_000_001, { outcome: 'acknowledged', at: 900, committing: 110, owed: undefined });
    expect(judge(oracle, 500, [['1', 1]])).toBeUndefined();
    expect(judge(oracle, 500, [['1', 2]])).toBeUndefined();
    expect(judge(oracle, 901, [['1', 1]])).toBe('stale');
  });

  it('orders the writes to a row by the moment they had its lock, in whatever order they are learnt', () => {
    const oracle = acknowledged(oracleOf());
    oracle.learn([state(1.5, 0, { stamp: 9 })]);
    expect(judge(oracle, 121, [['1', 9]])).toBe('stale');
    expect(judge(oracle, 121, [['1', 2]])).toBeUndefined();
  });

  describe('where processes are told of changes', () => {
    const LATE_MS = 1000;
    const told = () => {
      const oracle = new Oracle(HOLD_MS, (write) => Math.floor(write / 1_000_000), LATE_MS);
      oracle.learn([state(1, 0), state(2, 1_000_001)]);
      oracle.begun(1_000_001, 'update', 100);
      return acknowledged(oracle);
    };

    it('lets a read show what another process had replaced within the time, and says how long before', () => {
      const oracle = told();
      expect(judge(oracle, 120, [['1', 1]])).toBeUndefined();
      expect(judge(oracle, 520, [['1', 1]])).toBeUndefined();
      expect(judge(oracle, 321, [['1', 1]])).toBeUndefined();
      expect(oracle.lateness).toMatchObject({ mostMs: LATE_MS, reads: 3 });
      expect(Math.abs(oracle.lateness.worstMs - 400)).toBeLessThan(2);
    });

    it('finds it stale beyond that time', () => {
      expect(judge(told(), 120 + LATE_MS, [['1', 1]])).toBe('stale');
    });

    it('finds it stale at once in the process that wrote, and dirty as ever', () => {
      expect(judge(told(), 121, [['1', 1]], {}, 1)).toBe('stale');
      expect(judge(told(), 121, [['1', 3]])).toBe('dirty');
    });
  });
});
