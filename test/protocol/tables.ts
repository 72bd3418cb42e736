import type { ObjectLiteral } from 'typeorm';
import type { FootprintsOf } from '../../lib/load/footprints.js';
import { EntityFootprints } from '../../lib/load/footprints.js';
import type { LoadedFootprint } from '../../lib/journal/footprint.js';
import { Example, User } from '../fixtures/entities/example.entity.js';
import { dataSource } from './data-source.js';

interface ExampleRow {
  readonly id: number;
  readonly title: string;
  readonly isActive: boolean;
  readonly userId: number;
}

interface UserRow {
  readonly id: number;
  readonly username: string;
}

/** What is in the tables, for those who look at more than counts. */
export interface Tables {
  readonly examples: readonly ExampleRow[];
  readonly users: readonly UserRow[];
}

export const firstTables: Tables = {
  examples: [
    { id: 1, title: 'one', isActive: true, userId: 1 },
    { id: 2, title: 'two', isActive: false, userId: 2 },
  ],
  users: [
    { id: 1, username: 'first' },
    { id: 2, username: 'second' },
  ],
};

/** As the first, and all of it is the first user's. */
export const tablesOfOne: Tables = {
  ...firstTables,
  examples: firstTables.examples.map((row) => ({ ...row, userId: 1 })),
};

const listed = ({ id, title }: ExampleRow) => ({ id, title });

/** What may be shown of the tables. Each is a cell that counts how often it has become another one. */
const shown = {
  /** A list with a filter. */
  active: ({ examples }) => examples.filter(({ isActive }) => isActive).map(listed),
  /** How many there are in it. */
  counted: ({ examples }) => [{ count: examples.filter(({ isActive }) => isActive).length }],
  /** The first row of it. */
  first: ({ examples }) =>
    examples
      .filter(({ isActive }) => isActive)
      .sort((a, b) => a.id - b.id)
      .slice(0, 1)
      .map(listed),
  /** A list with a filter of two columns. */
  mine: ({ examples }) => examples.filter(({ isActive, userId }) => isActive && userId === 1).map(listed),
  /** A whole row, with whom it belongs to. */
  other: (tables) => rowsNamed(['2'], tables),
  /** One row, and two of its columns. */
  one: ({ examples }) => examples.filter(({ id }) => id === 1).map(listed),
  author: ({ users }) => users.filter(({ id }) => id === 1),
  /** What belongs to the author. */
  authored: ({ examples }) => examples.filter(({ userId }) => userId === 1),
} as const satisfies Record<string, (tables: Tables) => readonly ObjectLiteral[]>;

export type ShownCell = keyof typeof shown;

export const shownCells = Object.keys(shown) as ShownCell[];

/** What was found where somebody looked. */
export type Found = Partial<Record<ShownCell, readonly ObjectLiteral[]>>;

export function find(cells: readonly string[], tables: Tables): Found {
  return Object.fromEntries(
    shownCells.filter((cell) => cells.includes(cell)).map((cell) => [cell, shown[cell](tables)] as const),
  );
}

/** What is another one than it was. */
export function changedCells(before: Tables, after: Tables): readonly ShownCell[] {
  return shownCells.filter((cell) => JSON.stringify(shown[cell](before)) !== JSON.stringify(shown[cell](after)));
}

const example = dataSource.getMetadata(Example);
const user = dataSource.getMetadata(User);
const examples = user.findRelationWithPropertyPath('examples')!;
const owned = example.findRelationWithPropertyPath('user')!;
const ofExamples = new EntityFootprints(example, [], new Set(), () => true);
const ofOwned = new EntityFootprints(
  example,
  [{ relation: owned, owner: example, prefetch: false, children: [] }],
  new Set(),
  () => true,
);
const ofAuthors = new EntityFootprints(
  user,
  [{ relation: examples, owner: user, prefetch: false, children: [] }],
  new Set(),
  () => true,
);
const select = { id: true, title: true };

/** What an entry of what was found rests on. */
export const footprints = {
  active: ({ active = [] }) => ofExamples.of({ where: { isActive: true }, select }, { entities: active }),
  first: ({ first = [] }) =>
    ofExamples.of({ where: { isActive: true }, select, order: { id: 'ASC' }, take: 1 }, { entities: first }),
  mine: ({ mine = [] }) => ofExamples.of({ where: { isActive: true, user: { id: 1 } }, select }, { entities: mine }),
  other: ({ other = [] }) => ofOwned.of({ where: { id: 2 } }, { entities: other }),
  one: ({ one = [] }) => ofExamples.of({ where: { id: 1 }, select }, { entities: one }),
  // Of many rows, so that nobody knows which they are.
  counted: () => ofExamples.of({ where: { isActive: true } }, {}),
  authored: ({ author = [], authored = [] }) =>
    ofAuthors.of({ where: { id: 1 } }, { entities: author.map((each) => ({ ...each, examples: authored })) }),
} as const satisfies Record<string, (found: Found) => FootprintsOf>;

/** As they are loaded, whatever they hold. */
export function rowsNamed(names: readonly string[], { examples }: Tables): readonly ObjectLiteral[] {
  const named = examples.filter(({ id }) => names.includes(String(id)));
  return named.map(({ userId, ...row }) => ({ ...row, user: { id: userId } }));
}

/** What was seen of rows that were found by their names. */
export function heldBy(found: readonly ObjectLiteral[], clock: string): LoadedFootprint {
  const { table, key, rows, images } = ofOwned.of({}, { entities: found }).get(clock)![0]!;
  return { table, key, rows, images, shown: [], filtering: [], ordering: [] };
}

type Effect = (tables: Tables) => Tables;

/** What a write does to a row of examples. */
export function updated(id: number, change: (row: ExampleRow) => Partial<ExampleRow>): Effect {
  return (tables) => ({
    ...tables,
    examples: tables.examples.map((row) => (row.id === id ? { ...row, ...change(row) } : row)),
  });
}

/** @param values without an id it is the next one */
export function inserted(values: Partial<ExampleRow>): Effect {
  return (tables) => {
    const id = Math.max(0, ...tables.examples.map((row) => row.id)) + 1;
    return { ...tables, examples: [...tables.examples, { id, title: '', isActive: true, userId: 0, ...values }] };
  };
}

export function removed(id: number): Effect {
  return (tables) => ({ ...tables, examples: tables.examples.filter((row) => row.id !== id) });
}

export function renamed(id: number): Effect {
  return (tables) => ({
    ...tables,
    users: tables.users.map((row) => (row.id === id ? { ...row, username: `${row.username}!` } : row)),
  });
}

/** One after the other. */
export function together(...effects: readonly Effect[]): Effect {
  return (tables) => effects.reduce((done, effect) => effect(done), tables);
}
