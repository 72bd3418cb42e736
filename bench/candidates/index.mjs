import { getAndParseRows, getEntry, parseRows, storeTexts } from './floors.mjs';
import { bentoInMemory, bentoInMemoryAndOnRedis, bentoOnRedis, cacheManagerOnRedis } from './others.mjs';
import {
  oursEncrypted,
  oursInMemory,
  oursOnIoRedis,
  oursOnIoRedisNear,
  oursOnIoRedisTracking,
  oursOnKeyvRedis,
  oursShared,
  oursSigned,
} from './ours.mjs';
import { queryResultCache, uncached } from './typeorm.mjs';

/**
 * Everything whose hits are measured, TypeORM uncached first. A candidate has a `name`, says what a read `returns` (`entities`, `plain`
 * objects or `text`) and whether it is `cached`: then it must not ask the database. Given one by one, so that each can be closed whatever
 * happens.
 */
export async function* openCandidates(services, shapes) {
  const { redis } = services;
  const reference = await uncached(services);
  yield reference;
  yield await queryResultCache(services);
  if (redis) yield asking(reference, cacheManagerOnRedis(services, reference.dataSource));
  if (redis) yield asking(reference, bentoOnRedis(services, reference.dataSource));
  if (redis) yield asking(reference, bentoInMemoryAndOnRedis(services, reference.dataSource));
  else yield asking(reference, bentoInMemory(services, reference.dataSource));

  yield await oursInMemory(services);
  yield await oursShared(services);
  if (!redis) return yield parseRows(await storeTexts(services, shapes, reference));
  yield await oursOnKeyvRedis(services);
  const onIoRedis = await oursOnIoRedis(services);
  yield onIoRedis;
  yield await oursOnIoRedisNear(services);
  yield await oursOnIoRedisTracking(services);
  yield await oursSigned(services);
  yield await oursEncrypted(services);

  yield parseRows(await storeTexts(services, shapes, reference, onIoRedis));
  yield getEntry(services);
  yield getAndParseRows(services);
}

/** Those whose sizes grow from 1 row to 10,000. */
export async function* openGrowing(services, shapes) {
  const reference = await uncached(services);
  yield reference;
  yield await oursInMemory(services);
  if (!services.redis) return yield parseRows(await storeTexts(services, shapes, reference));
  const onIoRedis = await oursOnIoRedis(services);
  yield onIoRedis;
  yield await oursOnIoRedisNear(services);
  yield await oursOnIoRedisTracking(services);
  await storeTexts(services, shapes, reference);
  yield getAndParseRows(services);
}

/** Those of whom many read at once, on Redis. */
export async function* openConcurrent(services, shapes) {
  const reference = await uncached(services);
  yield reference;
  const onIoRedis = await oursOnIoRedis(services);
  yield onIoRedis;
  yield await oursOnIoRedisNear(services);
  yield await oursOnIoRedisTracking(services);
  yield asking(reference, bentoInMemoryAndOnRedis(services, reference.dataSource));
  await storeTexts(services, shapes, reference, onIoRedis);
  yield getEntry(services);
}

/** Opens them, uses them, and closes those that were opened. */
export async function withCandidates(opening, use) {
  const candidates = [];
  try {
    for await (const candidate of opening) candidates.push(candidate);
    return await use(candidates);
  } finally {
    for (const { close } of candidates.reverse()) await close?.();
  }
}

/** Caches whose misses ask by the reference's connection. */
function asking({ queries }, candidate) {
  return { ...candidate, queries };
}
