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

it('the last thousand advances of a clock are remembered one by one, and older ones together', () => {
  const journals = new Journals();
  for (let from = 0; from < 3_000; from += 100) answer(journals, 'user', from, from + 100);
  expect(moments(journals, 'user', 2_000, 3_000)).toEqual(Array.from({ length: 1_000 }, (_, i) => 2_001 + i));
  // Two hundred and fifty at once, by the last of them.
  expect(moments(journals, 'user', 1_999, 3_000)).toEqual([
    2_000,
    ...Array.from({ length: 1_000 }, (_, i) => 2_001 + i),
  ]);
  expect(moments(journals, 'user', 1_749, 1_751)).toEqual([1_750, 2_000]);
  expect(moments(journals, 'user', 1_750, 2_000)).toEqual([2_000]);
  expect(moments(journals, 'user', 0, 2_000)).toEqual([250, 500, 750, 1_000, 1_250, 1_500, 1_750, 2_000]);
  expect(journals.since('user', 0)).toBe(3_000);
});

it('what is said together is what each of them has done, and unknown where one of them is', () => {
  const journals = new Journals();
  const updates = (assigned: string, since: number) =>
    Array.from({ length: 250 }, (_, i) => JSON.stringify(['u', since + 1 + i, [{ id: `i:${i % 3}` }], [assigned], {}]));
  const texts = [...updates('name', 0), ...updates('seen', 250), ...updates('seen', 500), ...updates('seen', 750)];
  texts[300] = 'what nobody has written';
  const heard = (since: number, now: number) =>
    journals.heard([{ clock: 'user', rows: [], since }], {
      epoch: 'epoch',
      clocks: [{ now, unknown: 0, rows: [], held: false, changes: texts.slice(since, now) }],
    });
  texts.push(...updates('name', 1_000), ...updates('name', 1_250));
  heard(0, 1_500);
  const [first, second] = journals.told('epoch', 'user', 0, 1_500)!;
  const rows = [{ id: 'i:0' }, { id: 'i:1' }, { id: 'i:2' }];
  expect(first).toEqual([{ action: 'update', at: 250, rows, assigned: ['name'], values: {} }]);
  expect(second).toBeUndefined();
});

it('of one clock so many advances are remembered, and of all clocks together, that memory is bounded', () => {
  const journals = new Journals();
  for (let from = 0; from < 20_000; from += 100) answer(journals, 'user', from, from + 100);
  expect(journals.told('epoch', 'user', 4_000, 20_000)).toHaveLength(1_060);
  expect(moments(journals, 'user', 3_999, 20_000)).toBeUndefined();
  for (let i = 0; i < 20; i++) answer(journals, `table ${i}`, 0, 1_000);
  expect(moments(journals, 'user', 19_999, 20_000)).toBeUndefined();
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
