import type { Redis } from 'ioredis';
import type { Evicted } from './modes.js';
import type { Random } from './random.js';

/** What the soak has in Redis. Looking for keys is for a test: the library never does. */
export class Evictions {
  constructor(
    private readonly redis: Redis,
    /** In the name of everything: each namespace begins with it, and clocks are named by the database. */
    private readonly name: string,
    private readonly random: Random,
  ) {}

  /** Drops an entry, a row's clock or a table's, as a full Redis would. */
  async evictOne(kinds: readonly Evicted[]): Promise<Evicted | undefined> {
    const keys = await this.#keys();
    const kind = this.random.pick(kinds);
    const candidates = keys.filter((key) => kindOf(key) === kind).sort();
    if (!candidates.length) return undefined;
    await this.redis.unlink(this.random.pick(candidates));
    return kind;
  }

  async removeAll(): Promise<void> {
    for (const key of await this.#keys()) await this.redis.unlink(key);
  }

  async #keys(): Promise<string[]> {
    const keys = new Set<string>();
    let cursor = '0';
    do {
      const [next, found] = await this.redis.scan(cursor, 'MATCH', `*${this.name}*`, 'COUNT', 1000);
      for (const key of found) keys.add(key);
      cursor = next;
    } while (cursor !== '0');
    return [...keys];
  }
}

function kindOf(key: string): Evicted {
  if (key.endsWith('}')) return 'table';
  return key.includes('}:') ? 'row' : 'entry';
}
