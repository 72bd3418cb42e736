import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';

/** A client of somebody else's, for what they may do to our keys; closed when the test ends. */
export function rawRedis(url: string): Redis {
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** Where CACHE_MANAGER keeps a key, whichever store it is made of. */
export async function nameOf(redis: Redis, key: string): Promise<string> {
  for (const name of [key, `keyv:${key}`, `keyv::${key}`, `keyv::keyv:${key}`]) {
    if (await redis.exists(name)) return name;
  }
  throw new Error(`${key} is nowhere`);
}

/** The names of all keys with this in them. */
export async function keysWith(redis: Redis, part: string): Promise<string[]> {
  const names: string[] = [];
  for await (const some of redis.scanStream({ match: `*${part}*`, count: 1_000 })) names.push(...(some as string[]));
  return names;
}
