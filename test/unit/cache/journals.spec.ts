import { expect, it } from 'vitest';
import { Journals } from '../../../lib/cache/journals.js';
import { Redated } from '../../../lib/cache/redated.js';
import { JOURNAL_LENGTH } from '../../../lib/store/cache-store.js';

const change = (at: number) => JSON.stringify(['d', at, 0]);

/** What a store answers that has all from one count of a clock to another. */
function answer(journals: Journals, clock: string, since: number, now: number, epoch = 'epoch'): void {
  const changes = Array.from({ length: now - since }, (_, i) => change(since + 1 + i));
  journals.heard([{ clock, rows: [], since }], {
    epoch,
    clocks: [{ now, unknown: 0, rows: [], held: false, changes }],
  });
}

const moments = (journals: Journals, clock: string, asOf: number, now: number, epoch = 'epoch') =>
  journals.told(epoch, clock, asOf, now)?.map((told) => told![0]!.at);

it('what has been heard of a journal goes on to be known, and only what is new is asked for', () => {
  const journals = new Journals();
  expect(journals.since('user', 10)).toBe(10);
  answer(journals, 'user', 10, 12);
  expect(journals.since('user', 10)).toBe(12);
  // An entry that is younger than all that was heard.
  expect(journals.since('user', 13)).toBe(13);
  answer(journals, 'user', 12, 14);
  expect(moments(journals, 'user', 10, 14)).toEqual([11, 12, 13, 14]);
  expect(moments(journals, 'user', 11, 13)).toEqual([12, 13]);
  expect(moments(journals, 'user', 14, 14)).toEqual([]);
});

it('nothing is known before what was heard, behind it, or of another clock', () => {
  const journals = new Journals();
  answer(journals, 'user', 10, 12);
  expect(moments(journals, 'user', 9, 12)).toBeUndefined();
  expect(moments(journals, 'user', 10, 13)).toBeUndefined();
  expect(moments(journals, 'company', 10, 12)).toBeUndefined();
  expect(journals.since('user', 9)).toBe(9);
});

it('what was heard earlier and answered later takes nothing back, and a gap is none of it', () => {
  const journals = new Journals();
  answer(journals, 'user', 10, 14);
  answer(journals, 'user', 11, 13);
  answer(journals, 'user', 5, 13);
  expect(moments(journals, 'user', 10, 14)).toEqual([11, 12, 13, 14]);
  answer(journals, 'user', 16, 18);
  expect(moments(journals, 'user', 10, 18)).toBeUndefined();
  expect(moments(journals, 'user', 16, 18)).toEqual([17, 18]);
  answer(journals, 'user', 8, 18);
  expect(moments(journals, 'user', 8, 17)).toHaveLength(9);
});

it('an answer that does not tell of every advance counts for nothing', () => {
  const journals = new Journals();
  const heard = (changes: readonly string[] | undefined) =>
    journals.heard([{ clock: 'user', rows: [], since: 10 }], {
      epoch: 'epoch',
      clocks: [{ now: 12, unknown: 0, rows: [], held: false, changes }],
    });
  heard(undefined);
  heard([change(12)]);
  heard([change(11), change(12), change(13)]);
  expect(moments(journals, 'user', 10, 12)).toBeUndefined();
  heard([change(11), 'what nobody has written']);
  expect(journals.told('epoch', 'user', 10, 12)![1]).toBeUndefined();
});

it('the counts of two histories say nothing about each other', () => {
  const journals = new Journals();
  answer(journals, 'user', 10, 12);
  expect(moments(journals, 'user', 10, 12, 'another')).toBeUndefined();
  answer(journals, 'user', 11, 12, 'another');
  expect(moments(journals, 'user', 10, 12)).toBeUndefined();
  expect(moments(journals, 'user', 11, 12, 'another')).toEqual([12]);
});

it('the last thousand advances of a clock are remembered, and of all clocks together so many that memory is bounded', () => {
  const journals = new Journals();
  for (let from = 0; from < 3_000; from += 100) answer(journals, 'user', from, from + 100);
  expect(moments(journals, 'user', 2_000, 3_000)).toHaveLength(1_000);
  expect(moments(journals, 'user', 1_999, 3_000)).toBeUndefined();
  for (let i = 0; i < 20; i++) answer(journals, `table ${i}`, 0, 1_000);
  expect(moments(journals, 'user', 2_999, 3_000)).toBeUndefined();
  expect(moments(journals, 'table 19', 0, 1_000)).toHaveLength(1_000);
});

const dated = (asOf: number) => [{ clock: 'user', asOf, isJournaled: true }];

it('as of when an entry was found true is remembered of the text that was judged, and of no other one', () => {
  const redated = new Redated();
  redated.set('key', 'mark', dated(10), { dependencies: dated(12), isByJournal: true });
  expect(redated.of('key', 'mark')).toEqual(dated(12));
  expect(redated.of('key', 'another')).toBeUndefined();
  expect(redated.of('other', 'mark')).toBeUndefined();
});

it('the store is to have it before its journal forgets, once, and only where journals alone say so', () => {
  const redated = new Redated();
  const set = (asOf: number, isByJournal = true, mark = 'mark') =>
    redated.set('key', mark, dated(0), { dependencies: dated(asOf), isByJournal });
  expect(set(1)).toBe(false);
  expect(set(JOURNAL_LENGTH / 2 - 1)).toBe(false);
  expect(set(JOURNAL_LENGTH / 2)).toBe(true);
  expect(set(JOURNAL_LENGTH / 2 + 1)).toBe(false);
  expect(set(JOURNAL_LENGTH)).toBe(true);
  // Another text is dated as it says itself.
  expect(set(JOURNAL_LENGTH, true, 'another')).toBe(true);
  expect(set(JOURNAL_LENGTH, false, 'of rows')).toBe(false);
});
