import { expect } from 'vitest';
import type { FindManyOptions, ObjectLiteral } from 'typeorm';
import type { BaseCacheManager } from '../../lib/index.js';
import { differenceOf } from './expect-same.js';
import type { TestApp } from './test-app.js';

/**
 * Fails unless a list is what `find` returns, refined, on a miss and on a hit: prototypes, keys and their order, `undefined`
 * against absent. `queries` is what a load may cost; a hit costs none.
 */
export async function expectReadsLikeFind<T extends ObjectLiteral>(
  { dataSource, statements, get }: TestApp,
  Manager: abstract new () => BaseCacheManager<T>,
  options: FindManyOptions<T>,
  queries?: number,
): Promise<T[]> {
  const manager = get(Manager);
  const expected = await dataSource.getRepository<T>(manager.model).find(options);
  const list = () => {
    const ordered = manager.all().orderBy(options.order as never);
    return options.select ? ordered.select(options.select as never) : ordered;
  };
  const costly = (work: () => PromiseLike<T[]>) => (queries === undefined ? work() : statements.expect(queries, work));
  const found = {
    refined: await costly(list),
    missed: await costly(() => list().cache('list')),
    hit: await statements.expect(0, () => list().cache('list')),
  };
  for (const [how, entities] of Object.entries(found)) {
    expect(differenceOf(entities, expected), `${Manager.name}, ${how}`).toBeUndefined();
    expect(JSON.stringify(entities)).toBe(JSON.stringify(expected));
  }
  return found.hit;
}
