import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, changeText, type Image, parseChanges } from '../../../lib/journal/change.js';
import { type Condition, type KnownOfRow, mayPass } from '../../../lib/journal/condition.js';
import { type Footprint, footprintsText, parseFootprints } from '../../../lib/journal/footprint.js';
import { mayAffect, unseenBy } from '../../../lib/journal/judge.js';
import { together } from '../../../lib/journal/together.js';
import { type Recall, recallOf } from '../../../lib/journal/recall.js';
import { ToldOfRows } from '../../../lib/journal/told-of-rows.js';

/** A row as the database has it. */
interface Row {
  readonly id: number;
  readonly category: number | null;
  readonly score: number | null;
  readonly title: number;
  readonly seen: number;
}

const COLUMNS = ['id', 'category', 'score', 'title', 'seen'] as const;
type Column = (typeof COLUMNS)[number];

/** What a list asks for. `seen` is never shown. */
interface Query {
  readonly filter: Condition | undefined;
  readonly order: readonly (readonly [Column, 'ASC' | 'DESC'])[];
  readonly take: number | undefined;
  readonly skip: number;
}

const spelled = (value: number | null): string | null => (value === null ? null : `i:${value}`);
const valueOf = (text: string | null): number | null => (text === null ? null : Number(text.slice(2)));

function imageOf(row: Partial<Row>, columns: readonly Column[] = COLUMNS): Record<string, string | null> {
  return Object.fromEntries(
    columns.filter((column) => row[column] !== undefined).map((column) => [column, spelled(row[column]!)]),
  );
}

/** SQL's three answers. */
function holds(condition: Condition, row: Row): boolean | null {
  switch (condition[0]) {
    case '?':
      return row.title % 2 === 0;
    case 'null':
      return row[condition[1] as Column] === null;
    case 'in': {
      const held = row[condition[1] as Column];
      // Among no values nothing is, which is no matter of NULL: TypeORM writes 0=1.
      if (!condition[2].length) return false;
      return held === null ? null : condition[2].some((value) => valueOf(value) === held);
    }
    case 'not': {
      const of = holds(condition[1], row);
      return of === null ? null : !of;
    }
    case 'untrue':
      return holds(condition[1], row) !== true;
    case 'and': {
      const parts = condition[1].map((part) => holds(part, row));
      if (parts.includes(false)) return false;
      return parts.includes(null) ? null : true;
    }
    case 'or': {
      const parts = condition[1].map((part) => holds(part, row));
      if (parts.includes(true)) return true;
      return parts.includes(null) ? null : false;
    }
    default: {
      const held = row[condition[1] as Column];
      if (held === null) return null;
      const other = valueOf(condition[2])!;
      return { '<': held < other, '<=': held <= other, '>': held > other, '>=': held >= other }[condition[0]];
    }
  }
}

/** NULL comes last, ascending or not, and of equals the one with the lower id comes first: a database may decide otherwise, but decides. */
function compare(a: Row, b: Row, order: Query['order']): number {
  for (const [column, direction] of order) {
    const [left, right] = [a[column], b[column]];
    if (left === right) continue;
    if (left === null || right === null) return left === null ? 1 : -1;
    return (left < right ? -1 : 1) * (direction === 'ASC' ? 1 : -1);
  }
  return a.id - b.id;
}

function result({ filter, order, take, skip }: Query, rows: readonly Row[]): Row[] {
  return rows
    .filter((row) => !filter || holds(filter, row) === true)
    .toSorted((a, b) => compare(a, b, order))
    .slice(skip, take === undefined ? undefined : skip + take);
}

const shown = (query: Query, rows: readonly Row[]) =>
  result(query, rows).map(({ id, category, score, title }) => [id, category, score, title]);

function columnsOf(condition: Condition | undefined): string[] {
  if (!condition) return [];
  switch (condition[0]) {
    case '?':
      return ['title'];
    case 'not':
    case 'untrue':
      return columnsOf(condition[1]);
    case 'and':
    case 'or':
      return condition[1].flatMap(columnsOf);
    default:
      return [condition[1]];
  }
}

function footprintOf(query: Query, rows: readonly Row[]): Footprint {
  const found = result(query, rows);
  const last = found.at(-1);
  const bounds = last
    ? query.order.map(([column, direction]) => [column, direction, spelled(last[column])] as const)
    : [];
  const isPart = query.take !== undefined || query.skip > 0;
  return {
    key: [['id', 'i']],
    rows: found.map(({ id }) => String(id)),
    shown: ['id', 'category', 'score', 'title'],
    filtering: [...new Set(columnsOf(query.filter))],
    ordering: query.order.map(([column]) => column),
    filter: query.filter,
    held: {
      category: [...new Set(found.map(({ category }) => spelled(category)))],
      title: [...new Set(found.map(({ title }) => spelled(title)))],
    },
    ...(isPart && {
      window: { hasOffset: query.skip > 0, isFull: query.take !== undefined && found.length >= query.take, bounds },
    }),
  };
}

const number = fc.integer({ min: 0, max: 4 });
const few = fc.integer({ min: 0, max: 1 });
const nullable = fc.option(number, { nil: null, freq: 4 });
const column = fc.constantFrom<Column>('category', 'score', 'title');

const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.tuple(fc.constant('in' as const), column, fc.array(number.map(spelled), { maxLength: 3 })),
    fc.tuple(
      fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const),
      column,
      number.map((n) => `i:${n}`),
    ),
    fc.tuple(fc.constant('null' as const), column),
    fc.constant(['?'] as const),
    fc.tuple(fc.constantFrom('not' as const, 'untrue' as const), tie('condition')),
    fc.tuple(
      fc.constantFrom('and' as const, 'or' as const),
      fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
    ),
  ) as fc.Arbitrary<Condition>,
}));

const query: fc.Arbitrary<Query> = fc.record({
  filter: fc.option(condition, { nil: undefined, freq: 5 }),
  order: fc.uniqueArray(
    fc.tuple(fc.constantFrom<Column>('score', 'title', 'id'), fc.constantFrom('ASC' as const, 'DESC' as const)),
    {
      maxLength: 2,
      selector: ([each]) => each,
    },
  ),
  take: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  skip: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 3 })),
});

const tableOf = (maxLength: number) =>
  fc
    .array(fc.record({ category: nullable, score: nullable, title: number, seen: number }), { maxLength })
    .map((rows) => rows.map((row, i): Row => ({ id: i + 1, ...row })));
const table = tableOf(8);

const assignment = fc.record(
  { id: fc.integer({ min: 1, max: 9 }), category: nullable, score: nullable, title: number, seen: number },
  { requiredKeys: [] },
);

/** A statement: which rows, what it does, and how much of that its text tells. */
const statement = fc.record({
  action: fc.constantFrom('insert' as const, 'update' as const, 'delete' as const),
  by: fc.constantFrom('id' as const, 'category' as const, 'title' as const, 'nothing' as const),
  value: fc.integer({ min: 0, max: 9 }),
  row: fc.record({ category: nullable, score: nullable, title: number, seen: number }),
  assign: assignment,
  told: fc.subarray([...COLUMNS]),
});
type Statement = typeof statement extends fc.Arbitrary<infer S> ? S : never;

/** Of a row that may be there, by its key, and mostly of one column. */
const blind: fc.Arbitrary<Statement> = fc.record({
  value: fc.integer({ min: 1, max: 3 }),
  action: fc.oneof(
    { weight: 4, arbitrary: fc.constant('update' as const) },
    fc.constantFrom('delete' as const, 'insert' as const),
  ),
  by: fc.oneof({ weight: 8, arbitrary: fc.constant('id' as const) }, fc.constant('nothing' as const)),
  row: fc.record({ category: few, score: number, title: number, seen: number }),
  assign: fc.oneof(assignment, fc.record({ category: few }), fc.record({ score: number })),
  told: fc.subarray([...COLUMNS], { minLength: 4 }),
});

/** Of one row, whose key is given again. */
const again: fc.Arbitrary<Statement> = fc.record({
  value: fc.constant(1),
  action: fc.constantFrom('delete' as const, 'insert' as const, 'update' as const),
  by: fc.constant('id' as const),
  row: fc.record({ category: few, score: number, title: number, seen: number }),
  assign: fc.record({ category: few }),
  told: fc.constant([...COLUMNS]),
});

/** The best of a category: what a row holds in one column decides whether another one counts. */
const best: fc.Arbitrary<Query> = fc.record({
  filter: few.map((category): Condition => ['in', 'category', [spelled(category)]]),
  order: fc.constant([['score', 'DESC']] as const),
  take: fc.integer({ min: 1, max: 2 }),
  skip: fc.constantFrom(0, 0, 1),
});

/** Of a load: after so many statements, its clocks read some of them earlier. */
interface Moment {
  readonly time: number;
  readonly wait: number;
}
const moment: fc.Arbitrary<Moment> = fc.record({ time: fc.nat(6), wait: fc.nat(2) });

/** @param place of the statement: what the database makes up it does not make up twice */
function run(
  { action, by, value, row, assign, told }: Statement,
  rows: readonly Row[],
  place: number,
): { rows: Row[]; change: Change } {
  const common = { at: 1, assigned: [], values: {} };
  if (action === 'insert') {
    // Whoever gives a key says so, and may give one again.
    const isGiven = by === 'id' && rows.every(({ id }) => id !== value);
    const added: Row = { id: isGiven ? value : 10 + place, ...row };
    const said = isGiven && !told.includes('id') ? [...told, 'id' as const] : told;
    return { rows: [...rows, added], change: { ...common, action, rows: [imageOf(added, said)] } };
  }
  const isMeant = (each: Row) => by === 'nothing' || each[by] === value;
  const images: readonly Image[] | undefined = by === 'nothing' ? undefined : [{ [by]: spelled(value) }];
  if (action === 'delete') {
    return { rows: rows.filter((each) => !isMeant(each)), change: { ...common, action, rows: images } };
  }
  const after = rows.map((each) => (isMeant(each) ? { ...each, ...assign } : each));
  // Of two rows with one key the database would have refused.
  const isRefused = new Set(after.map(({ id }) => id)).size < after.length;
  return {
    rows: isRefused ? [...rows] : after,
    change: { action, at: 1, rows: images, assigned: Object.keys(assign), values: imageOf(assign, told) },
  };
}

/** As it goes through a store. */
const throughText = (change: Change): Change => parseChanges(changeText(change)!)![0]!;
const throughEntry = (footprint: Footprint): Footprint => parseFootprints(footprintsText([[footprint]]))![0]![0]!;

describe('A change', () => {
  it('that is judged to have no effect has none, whatever statements come one after the other', () => {
    let judged = 0;
    let spared = 0;
    fc.assert(
      fc.property(table, query, fc.array(statement, { minLength: 1, maxLength: 4 }), (rows, asked, statements) => {
        const footprint = throughEntry(footprintOf(asked, rows));
        const before = shown(asked, rows);
        let now: readonly Row[] = rows;
        for (const [place, each] of statements.entries()) {
          const { rows: after, change } = run(each, now, place);
          now = after;
          judged++;
          if (mayAffect(throughText(change), footprint)) return;
          spared++;
          expect(shown(asked, now)).toEqual(before);
        }
      }),
      { numRuns: 20_000 },
    );
    // A judge who spares nothing is right, and of no use.
    expect(spared / judged).toBeGreaterThan(0.2);
  });

  it('that is said together with others has no less of an effect', () => {
    let said = 0;
    let spared = 0;
    fc.assert(
      fc.property(table, query, fc.array(statement, { minLength: 2, maxLength: 60 }), (rows, asked, statements) => {
        const footprint = footprintOf(asked, rows);
        const changes: Change[] = [];
        let now: readonly Row[] = rows;
        for (const [place, each] of statements.entries()) {
          const { rows: after, change } = run(each, now, place);
          now = after;
          changes.push(change);
        }
        const fewer = together(changes);
        expect(fewer.length).toBeLessThanOrEqual(Math.min(16, changes.length));
        const isAffected = fewer.some((change) => mayAffect(change, footprint));
        if (changes.some((change) => mayAffect(change, footprint))) expect(isAffected).toBe(true);
        else said++;
        if (!isAffected) spared++;
      }),
      { numRuns: 5_000 },
    );
    expect(spared / said).toBeGreaterThan(0.2);
  });

  it('that the load has seen already spares nothing it has not', () => {
    fc.assert(
      fc.property(
        table,
        query,
        fc.array(statement, { minLength: 1, maxLength: 4 }),
        fc.nat(4),
        (rows, asked, statements, seen) => {
          const states: (readonly Row[])[] = [rows];
          const changes: Change[] = [];
          for (const [place, each] of statements.entries()) {
            const { rows: after, change } = run(each, states.at(-1)!, place);
            states.push(after);
            changes.push(change);
          }
          const loaded = states[Math.min(seen, statements.length)]!;
          const footprint = footprintOf(asked, loaded);
          if (changes.some((change) => mayAffect(change, footprint))) return;
          expect(shown(asked, states.at(-1)!)).toEqual(shown(asked, loaded));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it(
    'of a row that was seen before spares no more than it may, in whatever order writes are heard',
    { timeout: 600_000 },
    () => {
      let spared = 0;
      let sparedByRecall = 0;
      fc.assert(
        fc.property(
          tableOf(3),
          fc.oneof(query, { weight: 3, arbitrary: best }),
          fc.oneof(
            fc.array(fc.tuple(fc.oneof(statement, { weight: 4, arbitrary: blind }), fc.nat(3)), {
              minLength: 1,
              maxLength: 5,
            }),
            fc.array(fc.tuple(again, fc.nat(3)), { minLength: 2, maxLength: 4 }),
          ),
          moment,
          fc.array(fc.tuple(moment, fc.subarray([...COLUMNS], { minLength: 3 })), { minLength: 1, maxLength: 2 }),
          (rows, asked, statements, loading, sightings) => {
            const states: (readonly Row[])[] = [rows];
            const changes: Change[] = [];
            for (const [place, [each]] of statements.entries()) {
              const { rows: after, change } = run(each, states.at(-1)!, place);
              states.push(after);
              changes.push(change);
            }
            // Each is heard of at some time after it was made, so one that was made later may be heard of sooner.
            const heardAt = statements.map(([, delay], i) => i + delay);
            const journal = changes.map((_, i) => i).toSorted((a, b) => heardAt[a]! - heardAt[b]! || a - b);
            const told = (asOf: number) => journal.slice(asOf).map((i) => [changes[i]!]);
            const at = ({ time, wait }: Moment) => {
              const now = Math.min(time, statements.length);
              return { seen: states[now]!, asOf: heardAt.filter((heard) => heard < now - wait).length };
            };
            const { seen: loaded, asOf } = at(loading);
            const footprint = throughEntry(footprintOf(asked, loaded));
            const byRows = new ToldOfRows(footprint.key);
            for (const [i, changes] of told(0).entries()) byRows.add({ from: i, to: i + 1 }, changes);
            const recallFor =
              (judged: Change): Recall =>
              (name) => {
                const seen = sightings.flatMap(([when, columns]) => {
                  const { seen: rowsThen, asOf: seenAsOf } = at(when);
                  const row = rowsThen.find(({ id }) => String(id) === name);
                  return row ? { asOf: seenAsOf, image: imageOf(row, columns) } : [];
                });
                return recallOf(seen, asOf, (from) => byRows.done(name, from, journal.length), judged);
              };
            const all = told(asOf).flat();
            if (all.some((change) => mayAffect(change, footprint) && mayAffect(change, footprint, recallFor(change)))) {
              return;
            }
            spared++;
            if (all.some((change) => mayAffect(change, footprint))) sparedByRecall++;
            expect(shown(asked, states.at(-1)!)).toEqual(shown(asked, loaded));
          },
        ),
        { numRuns: Number(process.env.QSCACHE_FUZZ ?? 1) * 30_000 },
      );
      expect(sparedByRecall / spared).toBeGreaterThan(0.01);
    },
  );

  const base: Footprint = {
    key: [['id', 'i']],
    rows: ['1', '2'],
    shown: ['id', 'title'],
    filtering: ['category'],
    ordering: ['score'],
    filter: ['in', 'category', ['i:3']],
  };
  const update = (rows: Change['rows'], assigned: string[], values: Image = {}): Change => ({
    action: 'update',
    at: 1,
    rows,
    assigned,
    values,
  });
  const insert = (row: Image): Change => ({ action: 'insert', at: 1, rows: [row], assigned: [], values: {} });
  const remove = (rows: Change['rows']): Change => ({ action: 'delete', at: 1, rows, assigned: [], values: {} });
  const top = { hasOffset: false, isFull: true, bounds: [['score', 'DESC', 'i:5']] as const };
  const second = { ...top, hasOffset: true };

  it.each<[string, Change, Partial<Footprint>, boolean]>([
    ['to a column nobody shows', update(undefined, ['seen']), {}, false],
    ['to a shown column of a shown row', update([{ id: 'i:1' }], ['title']), {}, true],
    ['to a shown column of another row', update([{ id: 'i:9' }], ['title']), {}, false],
    ['to a shown column of rows of another category', update([{ category: 'i:4' }], ['title']), {}, false],
    ['to a shown column of any row', update(undefined, ['title']), {}, true],
    ['that moves a row in', update([{ id: 'i:9' }], ['category'], { category: 'i:3' }), {}, true],
    ['that moves a row elsewhere', update([{ id: 'i:9' }], ['category'], { category: 'i:4' }), {}, false],
    ['that moves a row nobody knows where', update([{ id: 'i:9' }], ['category']), {}, true],
    ['to the place of another row', update([{ id: 'i:9' }], ['score'], { score: 'i:9' }), {}, false],
    [
      'to the place of another row, of a part',
      update([{ id: 'i:9' }], ['score'], { score: 'i:9' }),
      { window: top },
      true,
    ],
    ['to a place behind the part', update([{ id: 'i:9' }], ['score'], { score: 'i:4' }), { window: top }, false],
    ['to a place among equals', update([{ id: 'i:9' }], ['score'], { score: 'i:5' }), { window: top }, true],
    ['to a place behind a later part', update([{ id: 'i:9' }], ['score'], { score: 'i:4' }), { window: second }, true],
    ['of a key', update([{ id: 'i:9' }], ['id'], { id: 'i:1' }), {}, true],
    ['that brings a row', insert({ id: 'i:9', category: 'i:3' }), {}, true],
    ['that brings a row of nobody knows which category', insert({ id: 'i:9' }), {}, true],
    ['that brings a row of another category', insert({ category: 'i:4' }), {}, false],
    ['that brings a row without one', insert({ category: null }), {}, false],
    ['that brings a row of a kind of its own', insert({ category: 't:4' }), {}, true],
    ['that brings a row behind the part', insert({ category: 'i:3', score: 'i:1' }), { window: top }, false],
    ['that brings a row before a later part', insert({ category: 'i:3', score: 'i:9' }), { window: second }, true],
    [
      'that brings a row something may refer to later',
      insert({ id: 'i:9' }),
      { isReferred: true, filter: undefined },
      false,
    ],
    ['that takes a shown row', remove([{ id: 'i:2' }]), {}, true],
    ['that takes another row', remove([{ id: 'i:9' }]), {}, false],
    ['that takes another row, of a part from the beginning', remove([{ id: 'i:9' }]), { window: top }, false],
    ['that takes another row, of a later part', remove([{ id: 'i:9' }]), { window: second }, true],
    ['that takes rows of another category', remove([{ category: 'i:4' }]), {}, false],
    ['that takes any row', remove(undefined), {}, true],
    ['that takes a row by a key of another kind', remove([{ id: 't:9' }]), {}, true],
    ['that takes rows of which nobody knows the names', remove([{ id: 'i:9' }]), { rows: undefined }, true],
    ['that takes any row where none is shown', remove(undefined), { rows: [] }, false],
    [
      'that takes rows by what a shown one holds',
      remove([{ shelf: 'i:7' }]),
      { held: { shelf: ['i:6', 'i:7'] } },
      true,
    ],
    [
      'that takes rows by what no shown one holds',
      remove([{ shelf: 'i:8' }]),
      { held: { shelf: ['i:6', null] } },
      false,
    ],
    [
      'that takes rows without what each shown one holds',
      remove([{ shelf: null }]),
      { held: { shelf: ['i:6'] } },
      false,
    ],
    ['that takes rows by a value of another kind', remove([{ shelf: 't:8' }]), { held: { shelf: ['i:6'] } }, true],
    [
      'that takes rows by what nobody knows of those shown',
      remove([{ shelf: 'i:8' }]),
      { held: { title: ['i:6'] } },
      true,
    ],
    [
      'of what is shown, by what no shown row holds',
      update([{ shelf: 'i:8' }], ['title']),
      { held: { shelf: ['i:6'] } },
      false,
    ],
    [
      'that brings a row, where all that is asked for by key is shown',
      insert({}),
      { filter: ['in', 'id', ['i:2']] },
      false,
    ],
    [
      'that brings a row, where one that is asked for by key is not',
      insert({}),
      { filter: ['in', 'id', ['i:2', 'i:3']] },
      true,
    ],
    [
      'of a key to another, where one row is asked for',
      update([{ id: 'i:9' }], ['id'], { id: 'i:8' }),
      { filter: ['in', 'id', ['i:1']] },
      false,
    ],
    [
      'of a key to the one that is asked for',
      update([{ id: 'i:9' }], ['id'], { id: 'i:1' }),
      { filter: ['in', 'id', ['i:1']] },
      true,
    ],
    [
      'of the key of what is shown',
      update([{ id: 'i:1' }], ['id'], { id: 'i:8' }),
      { filter: ['in', 'id', ['i:1']] },
      true,
    ],
  ])('%s', (_, change, footprint, isEffect) => {
    expect(mayAffect(change, { ...base, ...footprint })).toBe(isEffect);
  });

  it('of a row that has another key by now is not judged by what is known of the one that has taken its key', () => {
    const renamed = update([{ id: 'i:7' }], ['id'], { id: 'i:8' });
    expect(mayAffect(renamed, base, () => ({ before: {}, now: { category: 'i:4' } }))).toBe(true);
  });

  const knownAs =
    (now: KnownOfRow): Recall =>
    () => ({ before: {}, now });
  const nothing = knownAs({});
  const part = { window: top };

  it.each<[string, Change, Partial<Footprint>, Recall, readonly Image[] | undefined]>([
    ['the score', update([{ id: 'i:9' }], ['score'], { score: 'i:9' }), part, nothing, [{ id: 'i:9' }]],
    ['some of several', update([{ id: 'i:9' }, { id: 'i:2' }], ['score']), part, nothing, undefined],
    [
      'one that is known',
      update([{ id: 'i:9' }], ['score']),
      part,
      knownAs({ score: 'i:9', category: 'i:3' }),
      undefined,
    ],
    ['one that is half known', update([{ id: 'i:9' }], ['score']), part, knownAs({ category: 'i:3' }), [{ id: 'i:9' }]],
    ['one that is elsewhere', update([{ id: 'i:9' }], ['score']), part, knownAs({ category: 'i:4' }), []],
    ['one that is shown', update([{ id: 'i:2' }], ['score']), part, nothing, undefined],
    [
      'one that has come before the part',
      update([{ id: 'i:9' }], ['category']),
      { window: second },
      nothing,
      undefined,
    ],
    ['any row', update(undefined, ['score']), part, nothing, undefined],
    ['rows that are not named', update([{ category: 'i:3' }], ['score']), part, nothing, undefined],
    ['a key', update([{ id: 'i:9' }], ['id', 'category']), {}, nothing, undefined],
    [
      'where nobody can say what is asked',
      update([{ id: 'i:9' }], ['category']),
      { filter: ['?'] },
      nothing,
      undefined,
    ],
    ['one that comes', insert({ id: 'i:9' }), {}, nothing, undefined],
    ['one that goes', remove([{ id: 'i:9' }]), { window: second }, nothing, undefined],
  ])('is worth a look at its rows, where nobody has seen them: %s', (_, change, own, recall, expected) => {
    expect(unseenBy(change, { ...base, ...own }, recall)).toEqual(expected);
  });
});

describe('A condition', () => {
  it('may pass whatever passes, however little is known of the row', () => {
    const row = fc.record({ id: number, category: nullable, score: nullable, title: number, seen: number });
    fc.assert(
      fc.property(condition, row, fc.subarray([...COLUMNS]), (asked, each, known) => {
        if (holds(asked, each) === true) expect(mayPass(asked, imageOf(each, known))).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('What a journal or an entry says', () => {
  it.each([
    ['an empty text', ''],
    ['no JSON', '["i",1,'],
    ['another value', '7'],
    ['an action of its own', '["x",1,0]'],
    ['an action that every object has', '["constructor",1,0]'],
    ['no moment', '["i",null,0]'],
    ['too little', '["u",1,0]'],
    ['too much', '["d",1,0,[],{}]'],
    ['rows that are none', '["d",1,[7]]'],
    ['a row of numbers', '["d",1,[{"id":7}]]'],
    ['columns that are none', '["u",1,0,[7],{}]'],
    ['values that are none', '["u",1,0,[],[]]'],
    ['one that is not ours beside one that is', '["d",1,0]\n7'],
    ['more than any writer tells', `["d",1,[{"id":"t:${'x'.repeat(5_000)}"}]]`],
  ])('with %s is no change', (_, text) => {
    expect(parseChanges(text)).toBeUndefined();
  });

  it.each([
    '',
    '7',
    '{}',
    '[7]',
    '[[7]]',
    '[[[7,0,[],[],[],0,0,0]]]',
    '[[[[],0,[],[],[],0,[0,0,7],0]]]',
    '[[[[],{"length":1},[],[],[],0,0,0]]]',
  ])('as %j is no footprint', (text) => {
    expect(parseFootprints(text)).toBeUndefined();
  });
});
