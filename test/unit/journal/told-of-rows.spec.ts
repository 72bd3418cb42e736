import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Journals } from '../../../lib/cache/journals.js';
import { type Change, changeText } from '../../../lib/journal/change.js';
import type { DoneToRow } from '../../../lib/journal/done-to-row.js';
import { rowName } from '../../../lib/journal/row-name.js';
import { ToldOfRows } from '../../../lib/journal/told-of-rows.js';

const KEY = [['id', 'i']] as const;
type Told = readonly (readonly Change[] | undefined)[];

const NONE = { at: 1, assigned: [], values: {} };
const image = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 3 }).map((id) => ({ id: `i:${id}` })) },
  fc.constantFrom({ shelf: 'i:1' }, { id: 't:1' }, {}),
);
const rows = fc.option(fc.array(image, { minLength: 1, maxLength: 3 }), { nil: undefined, freq: 12 });
const column = fc.constantFrom('shelf', 'shelf', 'shelf', 'score');
const update = fc
  .record({ rows, assigned: fc.uniqueArray(column, { minLength: 1 }), value: fc.option(fc.nat(3), { freq: 20 }) })
  .map(({ value, ...change }): Change => {
    const values = value === null ? {} : Object.fromEntries(change.assigned.map((each) => [each, `i:${value}`]));
    return { action: 'update', at: 1, ...change, values };
  });
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 60, arbitrary: update },
  { weight: 2, arbitrary: rows.map((each) => ({ ...NONE, action: 'update', rows: each, assigned: ['id'] }) as Change) },
  { weight: 4, arbitrary: rows.map((each) => ({ ...NONE, action: 'delete', rows: each }) as Change) },
  { weight: 2, arbitrary: rows.map((each) => ({ ...NONE, action: 'insert', rows: each }) as Change) },
);
const advance = fc.option(fc.array(change, { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 60 });

/** The same, by going through all that was told. */
function plainly(told: Told, row: string): { given: Record<string, unknown>; ends: readonly Change[] } | undefined {
  const mayMean = (each: Change) => !each.rows || each.rows.some((of) => (rowName(of, KEY) ?? row) === row);
  const isNamed = (each: Change) => !each.rows || each.rows.some((of) => rowName(of, KEY) === row);
  if (told.includes(undefined)) return undefined;
  const given: Record<string, (string | null)[] | undefined> = {};
  const ends: Change[] = [];
  for (const each of told.flatMap((changes) => changes!)) {
    if (each.action === 'insert' ? isNamed(each) : mayMean(each) && each.assigned.includes('id')) return undefined;
    if (each.action === 'delete' && mayMean(each)) ends.push(each);
    if (each.action !== 'update' || !mayMean(each)) continue;
    for (const name of each.assigned) {
      const known = name in given ? given[name] : [];
      const value = each.values[name];
      given[name] = known && value !== undefined && known.length < 8 ? [...known, value] : undefined;
    }
  }
  return { given, ends };
}

/** In no order: nobody knows in which one writes were made that are told one after the other. */
function unordered(given: Iterable<readonly [string, unknown]> | undefined): unknown {
  const sorted = (values: unknown) => (values as string[] | undefined)?.toSorted((a, b) => a.localeCompare(b));
  return given && Object.fromEntries([...given].map(([name, values]) => [name, sorted(values)]));
}

const of = (done: DoneToRow | undefined) => unordered(done?.given);
const expectedOf = (done: ReturnType<typeof plainly>) => unordered(done && Object.entries(done.given));

describe('What was done to a row', () => {
  it('is what all say that was told meanwhile, whoever has asked before', () => {
    let known = 0;
    let ended = 0;
    fc.assert(
      fc.property(
        fc.array(advance, { maxLength: 24 }),
        fc.array(fc.tuple(fc.nat(24), fc.nat(24), fc.constantFrom('1', '2', '3', '4'), fc.nat(24)), { minLength: 1 }),
        (told, questions) => {
          const ofRows = new ToldOfRows(KEY);
          let heard = 0;
          const hear = (to: number) => {
            for (; heard < Math.min(to, told.length); heard++) {
              ofRows.add({ from: heard, to: heard + 1 }, told[heard]);
            }
          };
          for (const [asOf, length, row, more] of questions) {
            hear(Math.max(heard, more));
            const now = Math.min(asOf + length, heard);
            const done = ofRows.done(row, asOf, now);
            const expected = plainly(told.slice(asOf, now), row);
            expect(of(done)).toEqual(expectedOf(expected));
            if (!done || !expected) continue;
            known++;
            // Of several, one that is another than whichever is judged.
            expect(done.ends.length).toBe(Math.min(expected.ends.length, 2));
            expect(done.ends.every((end) => expected.ends.includes(end))).toBe(true);
            ended += done.ends.length;
          }
        },
      ),
      { numRuns: 3_000 },
    );
    expect(known).toBeGreaterThan(1_000);
    expect(ended).toBeGreaterThan(100);
  });

  it('is known of journals that were heard piece by piece, and of what is said together', () => {
    const journals = new Journals();
    const text = (i: number) =>
      changeText({
        ...NONE,
        action: 'update',
        rows: [{ id: `i:${i % 7}` }],
        assigned: [`c${i % 11}`],
        values: { [`c${i % 11}`]: `i:${i}` },
      })!;
    const steps = [1, 3, 250, 500, 245, 1, 1, 250, 1, 999, 3, 700];
    let now = 0;
    for (const step of steps) {
      const changes = Array.from({ length: step }, (_, i) => text(now + i));
      const since = now;
      now += step;
      const clocks = [{ now, unknown: 0, rows: [], held: false, changes }];
      journals.heard([{ clock: 'card', rows: [], since }], { epoch: 'epoch', clocks });
      const done = journals.doneToRows('epoch', 'card', KEY);
      for (const until of new Set([now, now - 1, Math.max(0, now - 260)])) {
        for (const asOf of [0, 1, 249, 250, 251, 1_000, until - 260, until - 30, until - 1, until]) {
          if (asOf < 0 || asOf > until) continue;
          const told = journals.told('epoch', 'card', asOf, until)!;
          for (const row of ['0', '3', '8']) {
            expect(of(done(row, asOf, until))).toEqual(expectedOf(plainly(told, row)));
          }
        }
      }
    }
    expect(journals.doneToRows('another', 'card', KEY)('3', 0, now)).toBeUndefined();
    expect(journals.doneToRows('epoch', 'card', KEY)('3', 0, now + 1)).toBeUndefined();
  });

  it('is of rows by whatever they are named', () => {
    const journals = new Journals();
    const changes = [changeText({ ...NONE, action: 'delete', rows: [{ id: 'i:7', slug: 't:a', k0: 'i:1' }] })!];
    const clocks = [{ now: 1, unknown: 0, rows: [], held: false, changes }];
    journals.heard([{ clock: 'card', rows: [], since: 0 }], { epoch: 'epoch', clocks });
    const ends = (key: readonly (readonly [string, string])[], row: string) =>
      journals.doneToRows('epoch', 'card', key)(row, 0, 1)?.ends.length;
    for (let i = 0; i < 3; i++) {
      expect(ends(KEY, '7')).toBe(1);
      expect(ends(KEY, 'a')).toBe(0);
      expect(ends([['slug', 't']], 'a')).toBe(1);
      // By a key that the statement does not tell it may be any.
      for (const other of ['k1', 'k2', 'k3', 'k4', 'k5']) expect(ends([[other, 'i']], '9')).toBe(1);
    }
  });
});
