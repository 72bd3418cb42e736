import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { InvalidQueryError } from '../errors.js';
import type { EntityQuery, Refinement } from './entity-query.js';
import { properties } from './properties.js';
import { asksRelated, isPlain, member, namesParameters, saysSql, type Where } from './where.js';

/** What a query set is filtered by. Each further filter() costs what it says itself, not what was said before. */
export class Filter {
  private constructor(
    private readonly metadata: EntityMetadata,
    private readonly where: Where<ObjectLiteral> | undefined,
    private readonly last: Chain | undefined,
  ) {}

  static of(metadata: EntityMetadata, where?: Where<ObjectLiteral>): Filter {
    return new Filter(metadata, where, undefined);
  }

  /**
   * Rows that match this as well: of related rows, perhaps others than those another filter is about.
   *
   * @throws {InvalidQueryError} for a second filter on relations of a view without a key
   */
  and(where: Where<ObjectLiteral>): Filter {
    if (this.where === undefined) return new Filter(this.metadata, where, this.last);
    const isApart = namesParameters(where) || (saysSql(where) && namesParameters(this.where));
    const both = isApart ? undefined : merged(this.metadata, this.where, where);
    if (both) return new Filter(this.metadata, both, this.last);
    if (!asksRelated(this.metadata, where) || asksRelated(this.metadata, this.where))
      return this.#refined({ where, isExcluded: false });
    // The first filter on related rows is the query's own: where they are loaded it says which of them are shown, as `find` has it.
    return new Filter(this.metadata, where, this.last).#refined({ where: this.where, isExcluded: false });
  }

  /**
   * Exactly the rows that `and()` of this leaves out.
   *
   * @throws {InvalidQueryError} for a filter on a relation of a view without a key
   */
  andNot(where: Where<ObjectLiteral>): Filter {
    return this.#refined({ where, isExcluded: true });
  }

  get query(): Pick<EntityQuery, 'where' | 'refinements'> {
    const refinements: Refinement[] = [];
    for (let at = this.last; at; at = at.before) refinements.push(at.refinement);
    return {
      ...(this.where !== undefined && { where: this.where }),
      ...(refinements.length && { refinements: refinements.toReversed() }),
    };
  }

  #refined(refinement: Refinement): Filter {
    const { name, primaryColumns } = this.metadata;
    if (!primaryColumns.length && asksRelated(this.metadata, refinement.where)) {
      throw new InvalidQueryError(
        'QSCACHE_FILTER_WITHOUT_KEY',
        `${name} has no primary key, so the rows that this filter on a relation finds could not be found again among those of the other filters. Declare its key with @PrimaryColumn(), or write all of it as one filter().`,
      );
    }
    return new Filter(this.metadata, this.where, { refinement, before: this.last });
  }
}

/** Refinements, the last first. */
interface Chain {
  readonly refinement: Refinement;
  readonly before: Chain | undefined;
}

/** Both as one condition; `undefined` where a column would have to say two things, or two rows could be meant. */
function merged(metadata: EntityMetadata, a: unknown, b: unknown, prefix = ''): object | undefined {
  if (!isPlain(a) || !isPlain(b)) return undefined;
  const all = new Map(properties(a));
  for (const [property, value] of properties(b)) {
    if (!all.has(property)) all.set(property, value);
    else {
      const { embedded, relation } = member(metadata, prefix + property);
      const inside = relation?.isManyToOne || relation?.isOneToOne ? relation.inverseEntityMetadata : undefined;
      const both = embedded
        ? merged(metadata, all.get(property), value, `${embedded}.`)
        : inside && merged(inside, all.get(property), value);
      if (!both) return undefined;
      all.set(property, both);
    }
  }
  // One path spelled in two ways is one join to TypeORM.
  return [...all.keys()].some((property) => property.includes('.')) ? undefined : Object.fromEntries(all);
}
