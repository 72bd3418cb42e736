import { describe, expect, it } from 'vitest';
import { idsOf } from './entities.js';
import { judge } from './judge.js';
import type { EventRecord, ReadRecord, WorkerRecord, WriteRecord } from './messages.js';
import type { RoundRecord } from './round.js';
import { OTHERS_GRACE_MS } from './settings.js';

const FAULT_AT = 1000;
const HEALED_AT = 2000;
/** Written by the second of three processes. */
const ID = 4;
const WRITER = 1;

const write = (version: number, ended: number, acknowledged = true): WriteRecord => ({
  id: ID,
  version,
  begun: ended - 1,
  ended,
  acknowledged,
});
const read = (version: number, begun: number): ReadRecord => ({
  begun,
  ended: begun + 1,
  asked: { id: ID },
  shown: [[ID, version]],
});

function round(
  worker: number,
  read: ReadRecord,
  { candidate = 'ours, ioredis', writes = [write(7, 1500)], events = [] }: Partial<RoundRecord & WorkerRecord> = {},
): RoundRecord {
  const workers = [0, 1, 2].map((each) => ({
    reads: each === worker ? [read] : [],
    baseline: [],
    writes: each === WRITER ? writes : [],
    events: each === WRITER ? events : [],
    unhandled: [],
    rssBytes: 0,
  }));
  const closing = { ms: 0, unhandled: [] };
  return { fault: 'refused', candidate, faultAt: FAULT_AT, healedAt: HEALED_AT, workers, rssBytes: [0, 0, 0], closing };
}

const nobody = { own: 0, others: 0 };
const failed: EventRecord = { name: 'store:failed', operation: 'advance', at: 1400 };

describe('A read is', () => {
  it('fresh when it shows what was acknowledged before it began, or more', () => {
    for (const version of [7, 8]) {
      const judgement = judge(round(0, read(version, 1500)));
      expect(judgement).toEqual({ before: nobody, unheard: nobody, healed: nobody });
    }
  });

  it('fresh when the write was acknowledged after it began, or failed', () => {
    expect(judge(round(0, read(6, 1499))).unheard).toEqual(nobody);
    expect(judge(round(0, read(6, 1600), { writes: [write(7, 1500, false)] })).unheard).toEqual(nobody);
  });

  it('stale during the fault, of the process itself or of others', () => {
    expect(judge(round(WRITER, read(6, 1500))).unheard).toEqual({ own: 1, others: 0 });
    expect(judge(round(0, read(6, 1500))).unheard).toEqual({ own: 0, others: 1 });
  });

  it('stale before the fault', () => {
    expect(judge(round(0, read(6, 900), { writes: [write(7, 800)] })).before).toEqual({ own: 0, others: 1 });
  });

  it('stale when a list leaves out a row or shows an older one', () => {
    const shelf = 1;
    const shown = idsOf(shelf).map((id) => [id, 7] as const);
    const list = (rows: ReadRecord['shown'] & object): ReadRecord => ({
      begun: 1600,
      ended: 1601,
      asked: { shelf },
      shown: rows,
    });
    expect(judge(round(0, list(shown))).unheard).toEqual(nobody);
    expect(judge(round(0, list(shown.slice(1)))).unheard).toEqual({ own: 0, others: 1 });
    expect(judge(round(0, list(shown.map(([id]) => [id, id === ID ? 6 : 7])))).unheard).toEqual({ own: 0, others: 1 });
  });
});

describe('After the healing a stale read counts', () => {
  it('at once in the process that wrote', () => {
    expect(judge(round(WRITER, read(6, HEALED_AT), { events: [failed] })).healed).toEqual({ own: 1, others: 0 });
  });

  it('at once in others when every advance went through', () => {
    expect(judge(round(0, read(6, HEALED_AT))).healed).toEqual({ own: 0, others: 1 });
  });

  it('in others once the writer has paid', () => {
    const events = [failed, { name: 'debt:made', at: 1500 }, { name: 'debt:paid', at: 2400 }];
    expect(judge(round(0, read(6, 2399), { events }))).toMatchObject({ unheard: { others: 1 }, healed: nobody });
    expect(judge(round(0, read(6, 2400), { events })).healed).toEqual({ own: 0, others: 1 });
  });

  it('in others after a while when nothing says that it is paid', () => {
    const late = HEALED_AT + OTHERS_GRACE_MS;
    expect(judge(round(0, read(6, late - 1), { events: [failed] })).healed).toEqual(nobody);
    expect(judge(round(0, read(6, late), { events: [failed] })).healed).toEqual({ own: 0, others: 1 });
    const candidate = 'wrap, ioredis-yet';
    expect(judge(round(0, read(6, late - 1), { candidate })).healed).toEqual(nobody);
    expect(judge(round(0, read(6, late), { candidate })).healed).toEqual({ own: 0, others: 1 });
  });
});
