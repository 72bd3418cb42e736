import { type EntityMetadata, In, type ObjectLiteral } from 'typeorm';
import { InvalidQueryError } from '../errors.js';
import { every, isOperator, opposite, toOperator } from './find-operators.js';
import { properties } from './properties.js';
import { setValueAt } from './property-path.js';
import { type Condition, conditions, inside, one, type Place, relationAt, root, type Where } from './where.js';

/** An OR of more is where SQLite's parser gives up; each further exclude() of several alternatives multiplies them. */
const MOST_ALTERNATIVES = 256;

/** What a query set is filtered by. Each further filter() costs what it says itself, not what was said before. */
export class Filter {
  private constructor(
    private readonly place: Place,
    /** Alternatives, each without what TypeORM ignores. None match every row. */
    private readonly all: readonly Condition[],
  ) {}

  static of(metadata: EntityMetadata, where?: Where<ObjectLiteral>): Filter {
    const place = root(metadata);
    return new Filter(place, where === undefined ? [] : conditions(place, where));
  }

  /**
   * Rows that match this as well.
   *
   * @throws {InvalidQueryError} when both filter on one to-many relation: they may mean two related rows, a join is about
   *   one; and when their alternatives multiply to more than a statement can hold
   */
  and(where: Where<ObjectLiteral>): Filter {
    return new Filter(this.place, product(this.place, this.all, conditions(this.place, where)));
  }

  /**
   * Exactly the rows `where` does not match, those with NULL in a compared column included (in SQL, `NOT (a = 1)` leaves them out).
   *
   * @throws {InvalidQueryError} for a to-many relation: "no user called x" is not "some user not called x"
   */
  andNot(where: Where<ObjectLiteral>): Filter {
    const all = conditions(this.place, where);
    return new Filter(
      this.place,
      product(this.place, this.all, all.length ? notAny(this.place, all) : [noRow(this.place)]),
    );
  }

  /** As TypeORM takes it; `undefined` where every row matches. */
  get where(): Where<ObjectLiteral> | undefined {
    if (!this.all.length) return undefined;
    return one(this.all.map((condition) => written(this.place, condition))) as Where<ObjectLiteral>;
  }
}

/**
 * What several filters say of one column, the latest first. An operator of them all is made once, at the end: made anew by each filter,
 * it would be copied as often as there are filters; made of the one before, it would be as deep.
 */
class Both {
  constructor(
    readonly earlier: unknown,
    readonly later: unknown,
  ) {}

  /** All that is said, in the order it was said. */
  get parts(): unknown[] {
    const parts: unknown[] = [];
    const open: unknown[] = [this];
    while (open.length) {
      const each = open.pop();
      if (each instanceof Both) open.push(each.earlier, each.later);
      else parts.push(each);
    }
    return parts.toReversed();
  }
}

function product(place: Place, left: readonly Condition[], right: readonly Condition[]): readonly Condition[] {
  // No condition at all matches every row.
  if (!left.length || !right.length) return left.length ? left : right;
  const alternatives = left.length * right.length;
  if (alternatives > MOST_ALTERNATIVES) {
    throw new InvalidQueryError(
      'QSCACHE_FILTER_TOO_LARGE',
      `These filters on ${place.metadata.name} multiply to ${alternatives} alternatives, more than a database takes in one statement (${MOST_ALTERNATIVES}). Write several values of one property as In(), or use createQueryBuilder().`,
    );
  }
  return left.flatMap((each) => right.map((other) => merge(place, each, other)));
}

function merge(place: Place, a: Condition, b: Condition): Condition {
  const merged = new Map(properties(a));
  for (const [property, value] of properties(b)) {
    const other = merged.get(property);
    if (!merged.has(property) || value === undefined || value === null) merged.set(property, value);
    else if (other !== undefined && other !== null) merged.set(property, mergedValue(place, property, other, value));
  }
  return Object.fromEntries(merged);
}

function mergedValue(place: Place, property: string, a: unknown, b: unknown): unknown {
  const inner = inside(place, property);
  if (!inner) return new Both(a, b);
  const relation = relationAt(place, property);
  if (relation && (relation.isOneToMany || relation.isManyToMany)) {
    throw new InvalidQueryError(
      'QSCACHE_FILTER_TO_MANY_TWICE',
      `Two filters on ${place.metadata.name}.${relation.propertyPath} would have to match the same related row, so entities that match each with another row would be missing. Write one filter, or use createQueryBuilder() with EXISTS.`,
    );
  }
  return one(product(inner, conditions(inner, a), conditions(inner, b)));
}

/** True of no row, whatever the column holds: a view has no key, and a key may be inside of an embedded object. */
function noRow({ metadata: { primaryColumns, columns } }: Place): Condition {
  const condition = {};
  setValueAt(condition, (primaryColumns[0] ?? columns[0]!).propertyPath, In([]));
  return condition;
}

/** NOT (A OR B) is NOT A AND NOT B, and NOT (a AND b) is NOT a OR NOT b. */
function notAny(place: Place, all: readonly Condition[]): readonly Condition[] {
  return all.reduce<readonly Condition[]>((rest, each) => product(place, rest, negate(place, each)), []);
}

function negate(place: Place, condition: Condition): readonly Condition[] {
  return properties(condition).flatMap(([property, value]): Condition[] => {
    // TypeORM refuses these, also for us.
    if (value === undefined || value === null) return [{ [property]: value }];
    const relation = relationAt(place, property);
    if (relation && (relation.isOneToMany || relation.isManyToMany)) {
      throw new InvalidQueryError(
        'QSCACHE_EXCLUDE_TO_MANY',
        `exclude() cannot filter on ${place.metadata.name}.${relation.propertyPath}: with several related rows it would keep an entity for the rows that do not match. Use createQueryBuilder() with NOT EXISTS.`,
      );
    }
    const inner = inside(place, property);
    if (!inner || isOperator(value)) return [{ [property]: opposite(toOperator(value)) }];
    return notAny(inner, conditions(inner, value)).map((negated) => ({ [property]: negated }));
  });
}

/** A condition with one operator for all that is said of a column. */
function written(place: Place, condition: Condition): Condition {
  return Object.fromEntries(
    properties(condition).map(([property, value]) => {
      if (value instanceof Both) return [property, every(value.parts.map(toOperator))];
      const inner = inside(place, property);
      if (!inner || value === undefined || value === null || isOperator(value)) return [property, value];
      return [property, one(conditions(inner, value).map((each) => written(inner, each)))];
    }),
  );
}
