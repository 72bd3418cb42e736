import { differenceOf } from '../support/expect-same.js';
import { Random } from '../soak/random.js';
import type { Application, Read } from './application.js';
import { mutated } from './mutations.js';

export interface Outcome {
  forged: number;
  /** Read, although forged: by nature, without a secret. */
  served: number;
}

/** An entry may become so many values in memory, per character it has, and so many at least; see `payload-check.ts`. */
const VALUES_PER_CHARACTER = 16 + 1;
const VALUES_AT_LEAST = 100_000;

/**
 * Puts forged entries in the place of true ones and reads them: no read may reject or become more than its entry, and the next one of
 * an honest entry is right.
 *
 * @param trusts whether forged data may be served
 */
export async function forge(
  application: Application,
  { seed, until, trusts }: { seed: number; until: () => boolean; trusts: boolean },
): Promise<Outcome> {
  const { cache, reads, filled, settled } = application;
  const random = new Random(seed);
  const outcome: Outcome = { forged: 0, served: 0 };
  const expected = new Map<Read, unknown>();
  let honest = new Map<Read, ReadonlyMap<string, string>>();
  /** Clocks go on when something is cleared: what was honest before is stale then. */
  const fill = async () => {
    honest = new Map();
    for (const read of reads) {
      await cache.clear();
      filled.clear();
      expected.set(read, await read.run());
      await settled();
      const texts = await Promise.all([...filled].map(async (key) => [key, (await cache.get<string>(key))!] as const));
      honest.set(read, new Map(texts));
    }
  };
  await fill();
  while (!until()) {
    const read = random.pick(reads);
    const entries = honest.get(read)!;
    const key = random.pick([...entries.keys()]);
    const others = [...honest.values()].flatMap((each) => [...each.values()]);
    const text = mutated(random, entries.get(key)!, others);
    const where = () => `${read.name} of ${JSON.stringify(text)} (seed ${seed}, number ${outcome.forged})`;
    outcome.forged++;
    for (const [each, entry] of entries) await cache.set(each, each === key ? text : entry);
    const isCleared = random.chance(0.02);
    if (isCleared) await failing(where, read.clear());
    const found = await failing(where, read.run());
    const size = valuesIn(found);
    const most = Math.max(VALUES_AT_LEAST, VALUES_PER_CHARACTER * text.length);
    if (size > most) throw new Error(`${size} values where ${most} are the most: ${where()}`);
    const difference = differenceOf(found, expected.get(read));
    if (difference && !trusts) throw new Error(`${difference}: ${where()}`);
    if (difference) outcome.served++;
    if (Object.keys(Object.prototype).length) throw new Error(`Object.prototype has more than before: ${where()}`);
    // What is honest is read as ever, from its entry and without one.
    await settled();
    if (isCleared) await fill();
    for (const [each, entry] of entries) await cache.set(each, honest.get(read)!.get(each) ?? entry);
    const hits = application.hits;
    const next = differenceOf(await failing(where, read.run()), expected.get(read));
    if (next) throw new Error(`${next}, after ${where()}`);
    if (application.hits === hits) throw new Error(`an honest entry is not read after ${where()}`);
    await settled();
  }
  return outcome;
}

async function failing<T>(where: () => string, work: PromiseLike<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new Error(`rejected: ${where()}`, { cause });
  }
}

/** Objects, properties and bytes, also those that are there several times. */
function valuesIn(value: unknown, path = new Set<unknown>()): number {
  if (typeof value !== 'object' || value === null) return 1;
  if (value instanceof Uint8Array) return value.length;
  if (path.has(value) || path.size > 5_000) return 1;
  path.add(value);
  let count = 1;
  for (const each of Object.values(value)) count += valuesIn(each, path);
  path.delete(value);
  return count;
}
