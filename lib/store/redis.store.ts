import { randomUUID } from 'node:crypto';
import type { StoreError } from '../errors.js';
import { type Budget, withinBudget } from './budget.js';
import {
  CacheStore,
  type EntriesRead,
  type ClockState,
  type ClockWrite,
  type ClockQuery,
  type ClocksRead,
  type Lease,
  UNFILLED_MS,
  type Work,
} from './cache-store.js';
import { clockKeys } from './clock-keys.js';
import { insist } from './insist.js';
import { FREE, isLease, leaseKey, leaseValue } from './lease-keys.js';
import { OwnConnection } from './own-connection.js';
import { ReadConnection } from './read-connection.js';
import type { RedisCommand, RedisConnection } from './redis-connection.js';
import {
  advanceScript,
  call,
  endLeaseScript,
  evaluate,
  holdScript,
  loading,
  readScript,
  withText,
} from './redis-scripts.js';
import { troubleOf } from './redis-trouble.js';

export interface RedisStoreOptions {
  readonly budgetMs: number;
  /** Where CACHE_MANAGER would keep this key, so that `cacheManager.del(key)` and redis-cli find the entry. */
  readonly entryKey: (key: string) => string;
}

/**
 * Entries and clocks in Redis 7 or newer: right for every process that shares it.
 *
 * @internal
 */
export class RedisStore extends CacheStore {
  readonly name: string;
  readonly #reads: RedisConnection;
  /** Holds, releases and advances queue behind no read and no fill. */
  readonly #writes: RedisConnection;
  readonly #own: readonly { open(): Promise<void>; close(): void }[];
  readonly #entryKey: (key: string) => string;
  readonly #isTls: boolean;

  constructor(
    connection: RedisConnection,
    private readonly options: RedisStoreOptions,
  ) {
    super();
    const { name, keyPrefix, isTls = false } = connection;
    this.name = `redis (${name})`;
    this.#isTls = isTls;
    const own = () => ownConnection(connection);
    // A client that puts a prefix before every key would do so with clocks, which applications of other prefixes share.
    const unprefixed = keyPrefix ? own() : undefined;
    const reads = unprefixed ?? (connection.isLeftAlone ? readConnection(connection, options) : undefined);
    const writes = own();
    this.#reads = reads ?? connection;
    this.#writes = writes ?? connection;
    this.#own = [reads, writes].filter((each) => each !== undefined);
    this.#entryKey = unprefixed ? (key) => keyPrefix + options.entryKey(key) : options.entryKey;
  }

  override async open(): Promise<void> {
    await this.#within('take a connection', () => Promise.all(this.#own.map((connection) => connection.open())));
  }

  override async close(): Promise<void> {
    for (const connection of this.#own) connection.close();
  }

  read(keys: readonly string[], queries: readonly ClockQuery[], budget?: Budget): Promise<EntriesRead> {
    const work = async () => {
      const entries = this.#forEntries('mget', keys);
      const replies = await this.#send([...entries, ...this.#forClocks(queries, UNFILLED_MS, false)]);
      const values = replies.splice(0, entries.length).flat();
      return {
        ...clocksFrom(replies, queries),
        entries: values.map((value) => (typeof value === 'string' ? value : undefined)),
      };
    };
    return this.#within('read', work, budget);
  }

  touch(queries: readonly ClockQuery[], lifetimeMs: number): Promise<ClocksRead> {
    return this.#within('touch clocks', async () =>
      clocksFrom(await this.#send(this.#forClocks(queries, lifetimeMs, true)), queries),
    );
  }

  async put(key: string, entry: string, lifetimeMs: number): Promise<void> {
    const name = this.#entryKey(key);
    const command = { name: 'set', args: [name, entry, 'PX', milliseconds(lifetimeMs)], key: name };
    await this.#within('store an entry', () => this.#send([command]));
  }

  async remove(keys: readonly string[]): Promise<void> {
    await this.#within('remove entries', () => this.#send(this.#forEntries('unlink', keys)));
  }

  lease(work: readonly Work[], id: string, lifetimeMs: number, budget?: Budget): Promise<readonly Lease[]> {
    const mine = leaseValue(id);
    const commands = work.map((each): RedisCommand => {
      const key = this.#leaseKey(each);
      return { name: 'set', args: [key, mine, 'NX', 'PX', milliseconds(lifetimeMs), 'GET'], key };
    });
    const ask = async () => {
      const replies = await this.#reads.send(commands, 2 * this.options.budgetMs);
      return replies.map((reply): Lease => {
        // Somebody else's value of another type: no lease, and no reason to wait.
        if (isError(reply) && !reply.message.startsWith('WRONGTYPE')) throw reply;
        if (reply === null || reply === mine) return 'mine';
        return isLease(reply) ? 'taken' : 'free';
      });
    };
    return this.#within('say whose turn it is', ask, budget);
  }

  async endLease(work: readonly Work[], id: string, freeMs = 0): Promise<void> {
    const args = [leaseValue(id), freeMs > 0 ? milliseconds(freeMs) : '0', FREE];
    const commands = work.map((each) => call(endLeaseScript, [this.#leaseKey(each)], args));
    await this.#within('end a lease', () => this.#send(commands));
  }

  async hold(clocks: readonly string[], id: string, deadlineMs: number, releasesKeys = true): Promise<void> {
    const args = [holdField(id), milliseconds(this.options.budgetMs), milliseconds(deadlineMs), flag(releasesKeys)];
    const commands = clocks.map((clock) => evaluate(holdScript, [clockKeys.clock(clock)], args));
    // A precaution is worth half a budget: what makes the write known is its advance, which has a whole one.
    await this.#insist('hold its clocks', commands, this.options.budgetMs / 2);
  }

  async release(clocks: readonly string[], id: string): Promise<void> {
    const commands = clocks.map((clock): RedisCommand => {
      const key = clockKeys.clock(clock);
      return { name: 'hdel', args: [key, holdField(id)], key };
    });
    await this.#insist('release a hold', commands);
  }

  async advance(writes: readonly ClockWrite[], hold?: string): Promise<void> {
    const field = hold === undefined ? '' : holdField(hold);
    const commands = writes.map(({ clock, rows, key = '', takesKeys = false }) => {
      const named = typeof rows === 'string' ? [] : rows;
      const keys = [clockKeys.clock(clock), ...named.map((row) => clockKeys.row(clock, row))];
      return evaluate(advanceScript, keys, [field, flag(rows === 'unknown'), flag(takesKeys), `k:${key}`]);
    });
    await this.#insist('learn of a write', commands);
  }

  /** What stands in the way of caching in this Redis, for the boot log; `undefined` when nothing does. */
  async check(): Promise<string | undefined> {
    try {
      const info: RedisCommand = { name: 'info', args: ['server'], key: undefined };
      // First over what is dialled here: why that fails is known. Of the application's own client only its listeners hear it.
      await this.#insist('report its version', [info]);
      const [report] = await this.#within('report its version', () => this.#send([info]));
      const version = /redis_version:(\d+)\.(\S+)/.exec(String(report));
      if (version && Number(version[1]) < 7) {
        return (
          `This Redis is ${version[1]}.${version[2]}, which cannot run the scripts that keep entries right, so nothing is cached ` +
          'and every read goes to the database. Use Redis 7 or newer, or Valkey.'
        );
      }
      // A name nobody had before, so that every command has something to do.
      const asked = { clock: `qscache:check:${randomUUID()}`, rows: ['1'], key: 'id' };
      await this.touch([asked], 1000);
      await this.advance([asked]);
      const work = { key: asked.clock, name: '' };
      await this.lease([work], asked.clock, 1000);
      await this.endLease([work], asked.clock);
      return undefined;
    } catch (error) {
      return troubleOf(this.name, error as StoreError, this.options.budgetMs, this.#isTls);
    }
  }

  #leaseKey({ key, name }: Work): string {
    return leaseKey(this.#entryKey(key), name);
  }

  #forEntries(name: 'mget' | 'unlink', keys: readonly string[]): RedisCommand[] {
    return this.#together(keys.map(this.#entryKey)).map((args) => ({ name, args, key: args[0] }));
  }

  #forClocks(queries: readonly ClockQuery[], lifetimeMs: number, fills: boolean): RedisCommand[] {
    const options = [milliseconds(lifetimeMs), flag(fills)];
    return this.#together(queries).map((group) => {
      const keys = group.flatMap(({ clock, rows }) => [
        clockKeys.clock(clock),
        ...rows.map((row) => clockKeys.row(clock, row)),
      ]);
      const counts = group.map(({ rows }) => String(rows.length));
      const names = fills ? group.map(({ rows, key = '' }) => (rows.length > 0 ? key : '')) : [];
      return call(readScript, keys, [...options, ...counts, ...names]);
    });
  }

  /** One command may name them all, except on a cluster. */
  #together<T>(items: readonly T[]): T[][] {
    if (this.#reads.isCluster) return items.map((item) => [item]);
    return items.length > 0 ? [[...items]] : [];
  }

  async #send(commands: readonly RedisCommand[]): Promise<unknown[]> {
    if (commands.length === 0) return [];
    // Whoever asked has gone on by then: what nobody waits for need not be sent.
    const replies = await this.#reads.send(commands, 2 * this.options.budgetMs);
    const unknown = [...replies.keys()].filter((i) => isError(replies[i]) && replies[i].message.startsWith('NOSCRIPT'));
    if (unknown.length > 0) {
      const again = await this.#reads.send(unknown.map((i) => withText(commands[i]!)));
      for (const [n, i] of unknown.entries()) replies[i] = again[n];
    }
    const failure = replies.find(isError);
    if (failure) throw failure;
    return replies;
  }

  #within<T>(what: string, work: () => Promise<T>, budget: number | Budget = this.options.budgetMs): Promise<T> {
    return withinBudget(this.name, what, budget, work);
  }

  #insist(what: string, commands: readonly RedisCommand[], budgetMs = this.options.budgetMs): Promise<void> {
    return insist(this.#writes, this.name, what, commands, budgetMs);
  }
}

/** Only a read is sent by its script's name, so that it is what a new line of ours lets the server know. */
function ownConnection(connection: RedisConnection): OwnConnection | undefined {
  const { dial } = connection;
  return dial && new OwnConnection(connection, dial, [loading(readScript)]);
}

function readConnection(connection: RedisConnection, { budgetMs }: RedisStoreOptions): ReadConnection | undefined {
  const { dial } = connection;
  return dial && new ReadConnection(connection, dial, [loading(readScript)], budgetMs);
}

const isError = (reply: unknown): reply is Error => reply instanceof Error;

const holdField = (id: string): string => `h:${id}`;

const flag = (is: boolean): string => (is ? '1' : '0');

/** Redis takes whole milliseconds only, and none of 0. */
const milliseconds = (duration: number): string => String(Math.max(1, Math.ceil(duration)));

/** One reply per script call: the server's `master_replid`, then per clock what it shows, its last write of unknown rows, whether it is held, and its rows. */
function clocksFrom(replies: readonly unknown[], queries: readonly ClockQuery[]): ClocksRead {
  const epochs = new Set<string>();
  const clocks: ClockState[] = [];
  for (const [epoch, ...answers] of replies as [string, ...unknown[][]][]) {
    epochs.add(epoch);
    for (const [now, unknown, held, ...rows] of answers) {
      const read = { now: countFrom(now), unknown: countFrom(unknown), rows: rows.map(countFrom) };
      const isOurs = [read.now, read.unknown, ...read.rows].every((each) => !Number.isNaN(each));
      clocks.push({ ...read, held: !isOurs || Number(held) === 1 });
    }
  }
  // A connection whose replies got out of step: whose clocks these are nobody knows.
  if (clocks.length !== queries.length || clocks.some(({ rows }, i) => rows.length !== queries[i]!.rows.length)) {
    throw new Error('it answered what it was not asked');
  }
  return { epoch: [...epochs].sort().join('+'), clocks };
}

/** What a server can count on from, and we exactly; `NaN` for all else, which no server of ours has written. */
function countFrom(reply: unknown): number {
  const count = COUNT.test(String(reply)) ? Number(reply) : NaN;
  return Number.isSafeInteger(count) ? count : NaN;
}

/** HINCRBY is as strict. */
const COUNT = /^(0|[1-9]\d*)$/;
