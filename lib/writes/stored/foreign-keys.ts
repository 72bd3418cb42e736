import { grouped } from './grouped.js';

/** What a foreign key makes of rows whose referenced row goes. */
export type DeleteAction = 'cascade' | 'set null' | 'set default';

/** A column of the table that refers, and the one it refers to. Names as they are compared. */
export type ColumnPair = readonly [own: string, referenced: string];

/** A foreign key of a table, as its database knows it. */
export interface ForeignKey {
  /** The clock of the table it refers to. */
  readonly parent: string;
  readonly columns: readonly ColumnPair[];
  /** `undefined` where rows stay as they are, or the statement fails. */
  readonly onDelete: DeleteAction | undefined;
  /** The database has seen that all of its rows refer to one that is there, and lets no other ones in, not even until a commit. */
  readonly isEnforced: boolean;
}

/** The same, between tables that need not be mapped. */
export interface KeyBetween extends ForeignKey {
  /** The clock of the table that refers. */
  readonly child: string;
  /** Rows change as well when what they refer to gets another key. */
  readonly followsUpdates: boolean;
}

/** Rows of a table that go, or of which these columns change. */
interface Changed {
  readonly table: string;
  readonly columns: readonly string[] | 'deleted' | 'any';
}

/** What a key of SQLite refers to that names no column. */
export const PRIMARY = '';

/** Which tables change when another one does, by foreign keys. Tables are called by their clocks. */
export class Followings {
  /** By the table they refer to. */
  readonly #keys: ReadonlyMap<string, readonly KeyBetween[]>;

  constructor(keys: Iterable<KeyBetween>) {
    this.#keys = grouped(keys, ({ parent }) => parent);
  }

  /** Whether a row that goes, or changes, may have others of its own table follow. */
  isCircular(table: string): boolean {
    return reached(this.#acting(table), (each) => this.#acting(each)).has(table);
  }

  /** The tables that change when rows of this one go. */
  changedByDelete(table: string): ReadonlySet<string> {
    return this.#changed([{ table, columns: 'deleted' }]);
  }

  /** The tables that change when rows of this one go, because others do that follow first. */
  changedIndirectly(table: string): ReadonlySet<string> {
    return this.#changed(this.#after({ table, columns: 'deleted' }));
  }

  /** The tables that change when columns of this one do; `undefined` stands for any. Names as they are compared. */
  changedByUpdate(table: string, columns: readonly string[] | undefined): ReadonlySet<string> {
    return this.#changed([{ table, columns: columns ?? 'any' }]);
  }

  /** The tables that refer to this one, also through others, whatever their keys do. */
  referring(table: string): ReadonlySet<string> {
    const children = (parent: string) => (this.#keys.get(parent) ?? []).map(({ child }) => child);
    return reached(children(table), children);
  }

  #acting(parent: string): string[] {
    const keys = this.#keys.get(parent) ?? [];
    return keys.filter(({ onDelete, followsUpdates }) => onDelete || followsUpdates).map(({ child }) => child);
  }

  /** What changes after these have. */
  #changed(first: readonly Changed[]): ReadonlySet<string> {
    const texts = (all: readonly Changed[]) =>
      all.flatMap((each) => this.#after(each)).map((each) => JSON.stringify(each));
    const all = reached(texts(first), (text) => texts([JSON.parse(text) as Changed]));
    return new Set([...all].map((text) => (JSON.parse(text) as Changed).table));
  }

  #after({ table, columns }: Changed): Changed[] {
    return (this.#keys.get(table) ?? []).flatMap((key): Changed[] => {
      const { child, onDelete, followsUpdates } = key;
      const own = key.columns.map(([column]) => column);
      if (columns === 'deleted')
        return onDelete ? [{ table: child, columns: onDelete === 'cascade' ? 'deleted' : own }] : [];
      const isMeant = key.columns.some(
        ([, referenced]) => columns === 'any' || referenced === PRIMARY || columns.includes(referenced),
      );
      return followsUpdates && isMeant ? [{ table: child, columns: own }] : [];
    });
  }
}

export const NO_FOLLOWINGS = new Followings([]);

/** These, and all that comes after them. */
function reached(first: readonly string[], after: (each: string) => readonly string[]): ReadonlySet<string> {
  const found = new Set(first);
  // It grows while it is gone through.
  for (const each of found) for (const next of after(each)) found.add(next);
  return found;
}

const ACTIONS: Readonly<Record<string, DeleteAction>> = {
  c: 'cascade',
  n: 'set null',
  d: 'set default',
  cascade: 'cascade',
  'set null': 'set null',
  'set default': 'set default',
};

/** From what catalogues call it, and entities. */
export function deleteAction(name: string | null | undefined): DeleteAction | undefined {
  return ACTIONS[name?.toLowerCase() ?? ''];
}

/** Whether two keys are made of the same columns, in whatever order. */
export function sameColumns(some: readonly ColumnPair[], other: readonly ColumnPair[]): boolean {
  const text = (pairs: readonly ColumnPair[]) => JSON.stringify(pairs.map((pair) => JSON.stringify(pair)).sort());
  return text(some) === text(other);
}
