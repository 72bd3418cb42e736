import type { EntityManager } from 'typeorm';
import { InvalidQueryError } from '../errors.js';
import { whatIs } from '../query/what-is.js';

/** A symbol: what a user's own manager calls its fields is none of our business. No `#private` field, which an object made of another lacks. */
const TRANSACTION = Symbol('qscache:transaction');

/**
 * The manager once more, whose reads and clears go through a transaction.
 *
 * @throws {InvalidQueryError} for what is no EntityManager: without one, it would read from the cache, with another, beside the transaction
 */
export function withinTransaction<M extends object>(manager: M, entityManager: EntityManager): M {
  if (!isEntityManager(entityManager)) throw noEntityManager(manager.constructor.name, entityManager);
  return Object.create(manager, { [TRANSACTION]: { value: entityManager } }) as M;
}

export function transactionOf(manager: object): EntityManager | undefined {
  return (manager as { readonly [TRANSACTION]?: EntityManager })[TRANSACTION];
}

/** By what it can do: one of a test, or of another copy of TypeORM, is of another class. No runner, DataSource or repository does both. */
function isEntityManager(given: unknown): given is EntityManager {
  return can(given, 'getRepository') && can(given, 'save');
}

function noEntityManager(manager: string, given: unknown): InvalidQueryError {
  const isRunner = can(given, 'startTransaction');
  const remedy = isRunner
    ? 'Pass its manager: using(queryRunner.manager).'
    : 'Pass the EntityManager of the transaction, which dataSource.transaction() hands to its function.';
  return new InvalidQueryError(
    'QSCACHE_ENTITY_MANAGER',
    `${manager}.using() was given ${isRunner ? 'a QueryRunner' : whatIs(given)} and no EntityManager, so its reads would not see what the transaction has written. ${remedy}`,
  );
}

function can(given: unknown, method: string): boolean {
  const { [method]: found }: Record<string, unknown> = Object(given);
  return typeof found === 'function';
}
