import type { FindManyOptions, ObjectLiteral } from 'typeorm';
import type { Where } from './where.js';

/** The part of TypeORM's find options a query set can carry, and what they have no way to say. */
export type EntityQuery = Pick<
  FindManyOptions<ObjectLiteral>,
  'where' | 'order' | 'select' | 'skip' | 'take' | 'withDeleted'
> & {
  readonly refinements?: readonly Refinement[];
};

/** What is asked of a row beside the query's own `where`, on its own: with its own joins, so of related rows of its own. */
export interface Refinement {
  readonly where: Where<ObjectLiteral>;
  /** Asks for exactly the other rows. */
  readonly isExcluded: boolean;
}
