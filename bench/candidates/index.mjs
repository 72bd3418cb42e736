import { shapes } from '../shapes.mjs';
import { getAndParseRows, getEntry, parseRows } from './floors.mjs';
import { bentoInMemory, bentoInMemoryAndOnRedis, bentoOnRedis, cacheManagerOnRedis } from './others.mjs';
import { oursEncrypted, oursInMemory, oursOnIoRedis, oursOnKeyvRedis, oursSigned } from './ours.mjs';
import { queryResultCache, uncached } from './typeorm.mjs';

/**
 * Everything measured, TypeORM uncached first. A candidate has a `name`, says what a read `returns` (`entities`, `plain` objects or
 * `text`) and whether it is `cached`: then it must not ask the database. Given one by one, so that each can be closed whatever happens.
 */
export async function* openCandidates(services) {
  const { redis } = services;
  const reference = await uncached(services);
  const { dataSource, queries } = reference;
  const open = (candidate) => ({ queries, close: () => undefined, ...candidate });

  yield reference;
  yield open(await queryResultCache(services));
  if (redis) yield open(cacheManagerOnRedis(services, dataSource));
  if (redis) yield open(bentoOnRedis(services, dataSource));
  if (redis) yield open(bentoInMemoryAndOnRedis(services, dataSource));
  else yield open(bentoInMemory(services, dataSource));

  yield await oursInMemory(services);
  if (redis) yield await oursOnKeyvRedis(services);
  const onIoRedis = redis && (await oursOnIoRedis(services));
  if (onIoRedis) yield onIoRedis;
  if (redis) yield await oursSigned(services);
  if (redis) yield await oursEncrypted(services);

  const rows = new Map();
  for (const shape of shapes) {
    rows.set(shape.name, JSON.stringify(await reference.read(shape)));
    if (!redis) continue;
    await redis.set(`${services.id}:rows:${shape.name}`, rows.get(shape.name));
    await redis.set(`${services.id}:entry:${shape.name}`, await onIoRedis.entry(shape));
  }
  yield open(parseRows(rows));
  if (redis) yield open(getEntry(services));
  if (redis) yield open(getAndParseRows(services));
}
