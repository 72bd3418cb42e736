import type { EntityManager } from 'typeorm';

/** A symbol: what a user's own manager calls its fields is none of our business. No `#private` field, which an object made of another lacks. */
const TRANSACTION = Symbol('qscache:transaction');

/** The manager once more, whose reads and clears go through a transaction. */
export function withinTransaction<M extends object>(manager: M, entityManager: EntityManager): M {
  return Object.create(manager, { [TRANSACTION]: { value: entityManager } }) as M;
}

export function transactionOf(manager: object): EntityManager | undefined {
  return (manager as { readonly [TRANSACTION]?: EntityManager })[TRANSACTION];
}
