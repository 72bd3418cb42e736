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

/** The same between tables as their database names them. */
export interface FoundKey extends Omit<ForeignKey, 'parent'> {
  readonly parent: string;
  readonly child: string;
  /** Rows change as well when what they refer to gets another key. */
  readonly followsUpdates: boolean;
}

/** Rows of a table that the database changes: they go, or these columns of them change. */
interface Followed {
  readonly table: string;
  readonly columns: readonly string[] | 'deleted';
}

/** Which tables change when another one does, by foreign keys. */
export class Followings {
  /** By the table they refer to. */
  readonly #keys = new Map<string, FoundKey[]>();

  constructor(keys: Iterable<FoundKey>) {
    for (const key of keys) {
      if (!key.onDelete && !key.followsUpdates) continue;
      this.#keys.set(key.parent, [...(this.#keys.get(key.parent) ?? []), key]);
    }
  }

  /** Whether a row that goes, or changes, may have others of its own table follow. */
  isCircular(table: string): boolean {
    const reached = new Set<string>();
    const open = [table];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const { child } of this.#keys.get(next) ?? []) {
        if (reached.has(child)) continue;
        reached.add(child);
        open.push(child);
      }
    }
    return reached.has(table);
  }

  /** The tables that change when rows of this one go, because others do that follow first. */
  indirect(table: string): ReadonlySet<string> {
    const found = new Set<string>();
    const seen = new Set<string>();
    const open = this.#after({ table, columns: 'deleted' });
    for (let next = open.pop(); next; next = open.pop()) {
      const text = JSON.stringify(next);
      if (seen.has(text)) continue;
      seen.add(text);
      const after = this.#after(next);
      for (const each of after) found.add(each.table);
      open.push(...after);
    }
    return found;
  }

  #after({ table, columns }: Followed): Followed[] {
    return (this.#keys.get(table) ?? []).flatMap((key): Followed[] => {
      const { child, onDelete, followsUpdates } = key;
      const own = key.columns.map(([column]) => column);
      if (columns === 'deleted')
        return onDelete ? [{ table: child, columns: onDelete === 'cascade' ? 'deleted' : own }] : [];
      const isMeant = key.columns.some(([, referenced]) => columns.includes(referenced));
      return followsUpdates && isMeant ? [{ table: child, columns: own }] : [];
    });
  }
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
