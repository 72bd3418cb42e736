import { Example } from './entities.mjs';

/** What is read: by TypeORM's `find`, whose result the other caches keep, and by our manager. */
export const shapes = [
  {
    name: 'detail',
    find: (manager, cache) =>
      manager.findOneOrFail(Example, { where: { id: 500 }, relations: { user: true, users: true }, cache }),
    ours: (examples) => examples.get(500),
    ourKey: (examples) => examples.getDetailCacheKey(500),
  },
  {
    name: 'list 100',
    find: (manager, cache) => manager.find(Example, { where: { isFeatured: true }, relations: { user: true }, cache }),
    ours: (examples) => examples.all({ suffix: 'featured', where: { isFeatured: true } }),
    ourKey: (examples) => examples.getCacheKey('featured'),
  },
  {
    name: 'list 1000',
    find: (manager, cache) => manager.find(Example, { relations: { user: true }, cache }),
    ours: (examples) => examples.all(),
    ourKey: (examples) => examples.getCacheKey(),
  },
];
