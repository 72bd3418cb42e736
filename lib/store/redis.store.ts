import { withinBudget } from './budget.js';
import {
  CacheStore,
  type EntriesRead,
  type TableTags,
  type TableWrite,
  type TagQuery,
  type TagsRead,
} from './cache-store.js';
import type { RedisCommand, RedisConnection } from './redis-connection.js';
import { advanceScript, call, holdScript, readScript, withSource } from './redis-scripts.js';
import { TagKeys } from './tag-keys.js';

export interface RedisStoreOptions {
  readonly budgetMs: number;
  /** Stands before the names of all tags. */
  readonly namespace: string;
  /** Where CACHE_MANAGER would keep this key, so that `cacheManager.del(key)` and redis-cli find the entry. */
  readonly entryKey: (key: string) => string;
}

/**
 * Entries and tags in Redis 7 or newer: right for every process that shares it.
 *
 * @internal
 */
export class RedisStore extends CacheStore {
  readonly name: string;
  readonly #tags: TagKeys;

  constructor(
    private readonly connection: RedisConnection,
    private readonly options: RedisStoreOptions,
  ) {
    super();
    this.name = `redis (${connection.name})`;
    this.#tags = new TagKeys(options.namespace);
  }

  read(keys: readonly string[], queries: readonly TagQuery[], lifetimeMs: number): Promise<EntriesRead> {
    return this.#within('read', async () => {
      const entries = this.#forEntries('mget', keys);
      const replies = await this.#send([...entries, ...this.#forTags(queries, lifetimeMs, false)]);
      const values = replies.splice(0, entries.length).flat();
      return { ...tagsFrom(replies), entries: values.map((value) => (typeof value === 'string' ? value : undefined)) };
    });
  }

  touch(queries: readonly TagQuery[], lifetimeMs: number): Promise<TagsRead> {
    return this.#within('touch tags', async () => tagsFrom(await this.#send(this.#forTags(queries, lifetimeMs, true))));
  }

  async put(key: string, entry: string, lifetimeMs: number): Promise<void> {
    const name = this.options.entryKey(key);
    const command = { name: 'set', args: [name, entry, 'PX', milliseconds(lifetimeMs)], key: name };
    await this.#within('store an entry', () => this.#send([command]));
  }

  async remove(keys: readonly string[]): Promise<void> {
    await this.#within('remove entries', () => this.#send(this.#forEntries('unlink', keys)));
  }

  async hold(tables: readonly string[], id: string, deadlineMs: number, releasesKeys = true): Promise<void> {
    const args = [holdField(id), milliseconds(this.options.budgetMs), milliseconds(deadlineMs), flag(releasesKeys)];
    const commands = tables.map((table) => call(holdScript, [this.#tags.table(table)], args));
    // Half of the budget: the other half is for the advance, should this be but a hiccup.
    await this.#within('announce a write', () => this.#send(commands), this.options.budgetMs / 2);
  }

  async release(tables: readonly string[], id: string): Promise<void> {
    const commands = tables.map((table): RedisCommand => {
      const key = this.#tags.table(table);
      return { name: 'hdel', args: [key, holdField(id)], key };
    });
    await this.#within('take back a write', () => this.#send(commands));
  }

  async advance(writes: readonly TableWrite[], hold?: string): Promise<void> {
    const field = hold === undefined ? '' : holdField(hold);
    const commands = writes.map(({ table, rows, takesKeys = false }) => {
      const keys = [this.#tags.table(table), ...(rows ?? []).map((row) => this.#tags.row(table, row))];
      return call(advanceScript, keys, [field, flag(!rows), flag(takesKeys)]);
    });
    await this.#within('learn of a write', () => this.#send(commands));
  }

  /** What stands in the way of caching in this Redis, for the boot log; `undefined` when nothing does. */
  async check(): Promise<string | undefined> {
    try {
      const [info] = await this.#within('report its version', () =>
        this.#send([{ name: 'info', args: ['server'], key: undefined }]),
      );
      const version = /redis_version:(\d+)\.(\S+)/.exec(String(info));
      if (version && Number(version[1]) < 7) {
        return (
          `This Redis is ${version[1]}.${version[2]}, which cannot run the scripts that keep entries right, so nothing is cached ` +
          'and every read goes to the database. Use Redis 7 or newer, or Valkey.'
        );
      }
      await this.touch([{ table: 'qscache:check', rows: ['1'] }], 1000);
      return undefined;
    } catch (error) {
      return (
        `${(error as Error).message} QsCache needs a primary that accepts writes and a user who may run ` +
        'EVAL, EVALSHA, INFO, TIME, MGET, SET, GET, UNLINK, PEXPIRE, HSET, HGETALL, HDEL, HEXISTS and HINCRBY.'
      );
    }
  }

  #forEntries(name: 'mget' | 'unlink', keys: readonly string[]): RedisCommand[] {
    return this.#together(keys.map(this.options.entryKey)).map((args) => ({ name, args, key: args[0] }));
  }

  #forTags(queries: readonly TagQuery[], lifetimeMs: number, lengthen: boolean): RedisCommand[] {
    const options = [milliseconds(lifetimeMs), lengthen ? '1' : '0'];
    return this.#together(queries).map((group) => {
      const keys = group.flatMap(({ table, rows }) => [
        this.#tags.table(table),
        ...rows.map((row) => this.#tags.row(table, row)),
      ]);
      return call(readScript, keys, [...options, ...group.map(({ rows }) => String(rows.length))]);
    });
  }

  /** One command may name them all, except on a cluster. */
  #together<T>(items: readonly T[]): T[][] {
    if (this.connection.isCluster) return items.map((item) => [item]);
    return items.length > 0 ? [[...items]] : [];
  }

  async #send(commands: readonly RedisCommand[]): Promise<unknown[]> {
    if (commands.length === 0) return [];
    const replies = await this.connection.send(commands);
    const unknown = [...replies.keys()].filter((i) => isError(replies[i]) && replies[i].message.startsWith('NOSCRIPT'));
    if (unknown.length > 0) {
      const again = await this.connection.send(unknown.map((i) => withSource(commands[i]!)));
      for (const [n, i] of unknown.entries()) replies[i] = again[n];
    }
    const failure = replies.find(isError);
    if (failure) throw failure;
    return replies;
  }

  #within<T>(what: string, work: () => Promise<T>, budgetMs = this.options.budgetMs): Promise<T> {
    return withinBudget(this.name, what, budgetMs, work);
  }
}

const isError = (reply: unknown): reply is Error => reply instanceof Error;

const holdField = (id: string): string => `h:${id}`;

const flag = (is: boolean): string => (is ? '1' : '0');

/** Redis takes whole milliseconds only, and none of 0. */
const milliseconds = (duration: number): string => String(Math.max(1, Math.ceil(duration)));

/** One reply per script call: the server's `master_replid`, then per table its version, T:*, whether it is held, and its rows. */
function tagsFrom(replies: readonly unknown[]): TagsRead {
  const epochs = new Set<string>();
  const tables: TableTags[] = [];
  for (const [epoch, ...tags] of replies as [string, ...unknown[][]][]) {
    epochs.add(epoch);
    for (const [version, unknown, held, ...rows] of tags) {
      tables.push({
        version: Number(version),
        unknown: Number(unknown),
        rows: rows.map(Number),
        held: Number(held) === 1,
      });
    }
  }
  return { epoch: [...epochs].sort().join('+'), tables };
}
