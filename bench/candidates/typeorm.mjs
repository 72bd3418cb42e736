import { names } from '../names.mjs';
import { openDataSource } from '../services.mjs';

export async function uncached(services) {
  const { dataSource, statements } = await openDataSource(services);
  return {
    name: names.typeorm,
    returns: 'entities',
    dataSource,
    read: (shape) => shape.find(dataSource.manager),
    queries: () => statements.count,
    close: () => dataSource.destroy(),
  };
}

/** TypeORM's own cache, which keeps the raw rows of each statement. */
export async function queryResultCache(services) {
  const cache = services.redis ? onRedis(services) : { type: 'database' };
  const { dataSource, statements } = await openDataSource(services, { cache: { ...cache, duration: 3_600_000 } });
  return {
    name: `TypeORM cache: true (${cache.type})`,
    returns: 'entities',
    // In the database, a hit is a query too.
    cached: cache.type === 'ioredis',
    read: (shape) => shape.find(dataSource.manager, true),
    queries: () => statements.count,
    close: () => dataSource.destroy(),
  };
}

function onRedis({ redis, id }) {
  return { type: 'ioredis', options: { ...redis.options, keyPrefix: `${id}:typeorm:` } };
}
