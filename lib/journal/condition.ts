import type { ColumnValue } from '../naming/column-value.js';
import type { Image } from './change.js';

/**
 * What a filter asks of a row, as far as it is understood. `?` stands for anything else that is asked of it.
 */
export type Condition =
  | readonly ['?']
  | readonly ['null', column: string]
  | readonly ['in', column: string, values: readonly ColumnValue[]]
  | readonly ['<' | '<=' | '>' | '>=', column: string, value: string]
  | readonly ['not' | 'untrue', of: Condition]
  | readonly ['and' | 'or', of: readonly Condition[]];

/** What is known of a row: of some of its columns, what they hold, or that they hold one of these. */
export type KnownOfRow = Readonly<Record<string, ColumnValue | readonly ColumnValue[]>>;

type Held = KnownOfRow[string] | undefined;

/** What a condition may turn out to be of a row: SQL has three answers, and of a row that is not known well several are possible. */
interface Possible {
  readonly true: boolean;
  readonly false: boolean;
  readonly null: boolean;
}

const ANY: Possible = { true: true, false: true, null: true };
const TRUE: Possible = { true: true, false: false, null: false };
const FALSE: Possible = { true: false, false: true, null: false };
const NULL: Possible = { true: false, false: false, null: true };
const SAID: Possible = { true: true, false: true, null: false };

/** Kind of texts that are told apart by more than they are known by. */
const FOLDED = 'f:';

/** Whether a row of which no more is known than this may pass a filter. Without one all do. */
export function mayPass(condition: Condition | undefined, row: KnownOfRow): boolean {
  return !condition || possible(condition, row).true;
}

/** What all rows that pass a filter hold, as far as it asks for one value. */
export function heldByAll(filter: Condition | undefined): Image {
  switch (filter?.[0]) {
    case 'null':
      return { [filter[1]]: null };
    case 'in':
      return filter[2].length === 1 && filter[2][0] !== null ? { [filter[1]]: filter[2][0]! } : {};
    case 'and':
      return Object.assign({}, ...filter[1].map(heldByAll)) as Image;
    default:
      return {};
  }
}

/** The columns a filter asks about, as far as it is understood. */
export function columnsOf(filter: Condition | undefined): readonly string[] {
  if (!filter) return [];
  switch (filter[0]) {
    case '?':
      return [];
    case 'not':
    case 'untrue':
      return columnsOf(filter[1]);
    case 'and':
    case 'or':
      return filter[1].flatMap(columnsOf);
    default:
      return [filter[1]];
  }
}

function possible(condition: Condition, row: KnownOfRow): Possible {
  switch (condition[0]) {
    case 'null':
      return ofEach(row[condition[1]], possibleNull);
    case 'in':
      return ofEach(row[condition[1]], (held) => possibleIn(held, condition[2]));
    case '<':
    case '<=':
    case '>':
    case '>=':
      return ofEach(row[condition[1]], (held) => possibleOrder(condition[0], held, condition[2]));
    case 'not': {
      const of = possible(condition[1], row);
      return { true: of.false, false: of.true, null: of.null };
    }
    case 'untrue': {
      const of = possible(condition[1], row);
      return { true: of.false || of.null, false: of.true, null: false };
    }
    case 'and':
      return together(condition[1], row, 'true', 'false');
    case 'or':
      return together(condition[1], row, 'false', 'true');
    default:
      return ANY;
  }
}

/** Whatever is possible of one of several. */
function ofEach(held: Held, of: (one: ColumnValue | undefined) => Possible): Possible {
  if (held === undefined || held === null || typeof held === 'string') return of(held);
  const all = held.map(of);
  return {
    true: all.some((each) => each.true),
    false: all.some((each) => each.false),
    null: all.some((each) => each.null),
  };
}

function possibleNull(held: ColumnValue | undefined): Possible {
  if (held === undefined) return SAID;
  return held === null ? TRUE : FALSE;
}

/** All of them must be the one thing for the whole to be, any of them makes it the other. */
function together(of: readonly Condition[], row: KnownOfRow, all: 'true' | 'false', any: 'true' | 'false'): Possible {
  const parts = of.map((part) => possible(part, row));
  return {
    [all]: parts.every((part) => part[all]),
    [any]: parts.some((part) => part[any]),
    null: parts.some((part) => part.null),
  } as unknown as Possible;
}

function possibleIn(held: ColumnValue | undefined, values: readonly ColumnValue[]): Possible {
  // TypeORM writes 0=1, which is not even unknown of NULL.
  if (!values.length) return FALSE;
  if (held === undefined) return ANY;
  if (held === null) return NULL;
  if (values.includes(held)) return held.startsWith(FOLDED) ? SAID : TRUE;
  // Of another kind, or NULL, which makes of "not among them" unknown.
  if (values.some((value) => value === null || kindOf(value) !== kindOf(held))) return ANY;
  return FALSE;
}

function possibleOrder(operator: '<' | '<=' | '>' | '>=', held: ColumnValue | undefined, value: string): Possible {
  if (held === null) return NULL;
  const order = held === undefined ? undefined : compareValues(held, value);
  if (order === undefined) return ANY;
  const isTrue = { '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[operator];
  return isTrue ? TRUE : FALSE;
}

/** Below, at or above zero, as the database sorts them; `undefined` where nobody can tell: texts sort by collations. */
export function compareValues(some: ColumnValue, other: ColumnValue): number | undefined {
  if (some === null || other === null || !some.startsWith('i:') || !other.startsWith('i:')) return undefined;
  const [a, b] = [BigInt(some.slice(2)), BigInt(other.slice(2))];
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Of two kinds nobody knows. */
export function mayEqual(some: ColumnValue, other: ColumnValue): boolean {
  if (some === null || other === null) return some === other;
  return some === other || kindOf(some) !== kindOf(other);
}

const kindOf = (value: string): string => value[0]!;
