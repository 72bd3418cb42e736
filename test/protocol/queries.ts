import type { Batch, Keeping } from '../../lib/cache/read-request.js';
import type { Dependency } from '../../lib/cache/dependency.js';
import type { FootprintsOf } from '../../lib/load/footprints.js';
import { type Cell, DATABASE, EXAMPLE, KEYS, USER, type WriteCounts } from './database.js';
import { type Found, footprints } from './tables.js';

export type Seen = Partial<WriteCounts>;

/** A query as a manager would ask it. */
export interface Query {
  readonly batch: Batch<Seen>;
  /** What a result turns out to depend on; `undefined` where that is more than it knew of. */
  readonly loaded: (seen: Seen) => readonly Dependency[] | undefined;
  /** Its statements: what each of them reads. */
  readonly statements: readonly (readonly Cell[])[];
  /** Default: any write to a table is one to what it read there. */
  readonly footprints?: ((found: Found) => FootprintsOf) | undefined;
}

export type QueryName =
  | 'list'
  | 'detail'
  | 'slug'
  | 'name'
  | 'joined'
  | 'uncovered'
  /** These have footprints. */
  | 'active'
  | 'count'
  | 'first'
  | 'mine'
  | 'other'
  | 'one'
  | 'author'
  | 'prefetched';

const row: Dependency = { clock: EXAMPLE, rows: ['1'] };
const list: Dependency = { clock: EXAMPLE };
const authorOf: readonly Dependency[] = [{ clock: USER, rows: ['1'] }, list];

/** The first row, then none, which any write may bring, then the second one. */
function userNamed(writes: number | undefined): Dependency {
  const rows = writes === 0 ? ['1'] : writes === 1 ? undefined : ['2'];
  return { clock: USER, ...(rows && { rows }) };
}

/** What is among the tables of every entry outside of a model this small. */
export interface Always {
  /** The manager's explicit clears. */
  readonly clears: boolean;
  /** The clock of the database, which statements that cannot be placed advance. */
  readonly database: boolean;
}

/** Shown for ever past a timeout that is over at once, while they are loaded again. */
const EXPIRED = { lifetimeMs: 0, leeway: { revalidateMs: 3_600_000, unreachedMs: 0, jitter: 0 } };

/** @param isExpired whether its entries are past their timeout as soon as they are stored */
export function queryNamed(
  name: QueryName,
  { clears, database }: Always,
  isExpired: boolean,
  keeping: Keeping<Seen> | undefined,
): Query {
  switch (name) {
    case 'list':
      return query(KEYS.listKey(), 'list', [list], [list], [['row', 'rows']]);
    case 'detail':
      return query(KEYS.detailKey(1), 'detail', [row], [row], [['row']]);
    // Which row it is becomes known with the load.
    case 'slug':
      return query(KEYS.detailKey('one'), 'detail', [list], [row], [['row']]);
    // Of a user, who may give up a name that another one takes.
    case 'name':
      return query(KEYS.detailKey('old'), 'detail', [{ clock: USER }], ({ user }) => [userNamed(user)], [['user']]);
    // A relation by a statement of its own, at a moment of its own.
    case 'joined':
      return query(
        KEYS.detailKey(2),
        'detail',
        [row, { clock: USER }],
        [row, { clock: USER, rows: ['1'] }],
        [['row'], ['user']],
      );
    // A table that no as-of was taken of.
    case 'uncovered':
      return query(KEYS.detailKey(2), 'detail', [row], undefined, [['user']]);
    case 'active':
      return query(KEYS.listKey(), 'list', [list], [list], [['active']], footprints.active);
    // Of the same list.
    case 'count':
      return query(KEYS.countKey(KEYS.listKey()), 'list', [list], [list], [['counted']], footprints.counted);
    case 'first':
      return query(KEYS.listKey('first'), 'list', [list], [list], [['first']], footprints.first);
    case 'mine':
      return query(KEYS.listKey('mine'), 'list', [list], [list], [['mine']], footprints.mine);
    case 'other': {
      const other: Dependency = { clock: EXAMPLE, rows: ['2'] };
      return query(KEYS.detailKey(2), 'detail', [other], [other], [['other']], footprints.other);
    }
    case 'one':
      return query(KEYS.detailKey(1), 'detail', [row], [row], [['one']], footprints.one);
    // One to many, by a join.
    case 'author':
      return query(KEYS.detailKey(3), 'detail', authorOf, authorOf, [['author', 'authored']], footprints.authored);
    // By a statement of its own.
    case 'prefetched':
      return query(KEYS.detailKey(4), 'detail', authorOf, authorOf, [['author'], ['authored']], footprints.authored);
  }

  function query(
    key: string,
    kind: 'list' | 'detail',
    dependencies: readonly Dependency[],
    loaded: readonly Dependency[] | undefined | ((seen: Seen) => readonly Dependency[]),
    statements: readonly (readonly Cell[])[],
    footprints?: Query['footprints'],
  ): Query {
    const cleared = kind === 'list' ? KEYS.listDependency(key) : KEYS.detailDependency(key);
    const and = (tables: readonly Dependency[]) => [
      ...tables,
      ...(clears ? [cleared] : []),
      ...(database ? [{ clock: DATABASE }] : []),
    ];
    return {
      batch: {
        clocks: and(dependencies).map(({ clock }) => clock),
        requests: [
          {
            key,
            kind,
            fingerprint: name,
            rows: and(dependencies).filter(({ rows }) => rows),
            ...(isExpired ? EXPIRED : { lifetimeMs: 60_000 }),
            decode: (payload) => JSON.parse(payload) as Seen,
            keeping,
          },
        ],
      },
      loaded: (seen) => {
        const dependencies = typeof loaded === 'function' ? loaded(seen) : loaded;
        return dependencies && and(dependencies);
      },
      statements,
      footprints,
    };
  }
}
