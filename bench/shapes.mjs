import { Article, Example } from './entities.mjs';

/** What is read: by TypeORM's `find`, whose result the other caches keep, and by our manager. */
export const shapes = [
  { ...detail(500), name: 'detail' },
  {
    name: 'list 100',
    find: (manager, cache) => manager.find(Example, { where: { isFeatured: true }, relations: { user: true }, cache }),
    ours: ({ examples }) => examples.all({ suffix: 'featured', where: { isFeatured: true } }),
    ourKey: ({ examples }) => examples.getCacheKey('featured'),
  },
  {
    name: 'list 1000',
    find: (manager, cache) => manager.find(Example, { relations: { user: true }, cache }),
    ours: ({ examples }) => examples.all(),
    ourKey: ({ examples }) => examples.getCacheKey(),
  },
];

/** One of the 1,000 examples, with both of its relations. */
export function detail(id) {
  return {
    name: `detail ${id}`,
    find: (manager, cache) =>
      manager.findOneOrFail(Example, { where: { id }, relations: { user: true, users: true }, cache }),
    ours: ({ examples }) => examples.get(id),
    ourKey: ({ examples }) => examples.getDetailCacheKey(id),
  };
}

/** A list of so many articles, each with its user. */
export function articles(batch) {
  const where = { batch };
  return {
    name: `${batch.toLocaleString('en')} ${batch === 1 ? 'row' : 'rows'}`,
    find: (manager, cache) => manager.find(Article, { where, relations: { user: true }, cache }),
    ours: (managers) => managers.articles.all({ suffix: `${batch}`, where }),
    ourKey: (managers) => managers.articles.getCacheKey(`${batch}`),
  };
}
