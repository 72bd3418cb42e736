import { randomUUID } from 'node:crypto';
import type { StoreError } from '../errors.js';
import { type Budget, withinBudget } from './budget.js';
import {
  CacheStore,
  type EntriesRead,
  type ClockWrite,
  type ClockQuery,
  type ClocksRead,
  type EntryInHand,
  type Lease,
  type Standing,
  type Work,
} from './cache-store.js';
import { clockKeys } from './clock-keys.js';
import { LongTexts, placesOf } from './entry-places.js';
import { insist } from './insist.js';
import { FREE, isLease, leaseKey, leaseValue } from './lease-keys.js';
import { OwnConnection } from './own-connection.js';
import { ReadConnection } from './read-connection.js';
import type { RedisCommand, RedisConnection } from './redis-connection.js';
import { type ClockNames, clockNames, clocksReply, clockStates, isStill, journalsReply } from './redis-clocks.js';
import {
  advanceScript,
  call,
  endLeaseScript,
  holdScript,
  journalScript,
  loading,
  readScript,
  releaseScript,
  replaceScript,
  touchScript,
} from './redis-scripts.js';
import { troubleOf } from './redis-trouble.js';
import { sendScripts } from './send-scripts.js';
import { Tracking, type TrackingOptions } from './tracking.js';

export interface RedisStoreOptions {
  readonly budgetMs: number;
  /** Where CACHE_MANAGER would keep this key, so that `cacheManager.del(key)` and redis-cli find the entry. */
  readonly entryKey: (key: string) => string;
  /** Vouches for what was read lately, as long as no change of it is heard of. Default: it is asked at every read. */
  readonly tracking?: RedisTrackingOptions | undefined;
}

export interface RedisTrackingOptions {
  /** How the keys of all entries begin, as `read` is given them. */
  readonly keys: string;
  readonly failed: TrackingOptions['failed'];
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
  readonly #tracking: Tracking | undefined;
  readonly #long = new LongTexts();
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
    this.#tracking = options.tracking && tracking(connection, this.#entryKey, options.tracking);
  }

  override async open(): Promise<void> {
    this.#tracking?.open();
    await this.#within('take a connection', () => Promise.all(this.#own.map((connection) => connection.open())));
  }

  override async close(): Promise<void> {
    this.#tracking?.close();
    for (const connection of this.#own) connection.close();
  }

  read(
    keys: readonly string[],
    queries: readonly ClockQuery[],
    budget?: Budget,
    known?: readonly (string | undefined)[],
  ): Promise<EntriesRead> {
    return this.#within(
      'read',
      () => (this.#reads.isCluster ? this.#readApart(keys, queries) : this.#readTogether(keys, queries, known)),
      budget,
    );
  }

  /** By what is heard of changes: where it hears of none, it asks. */
  override vouchesFor(_key: string, { standing }: EntryInHand): boolean {
    return standing?.isStanding ?? false;
  }

  touch(queries: readonly ClockQuery[], lifetimeMs: number): Promise<ClocksRead> {
    const lifetime = milliseconds(lifetimeMs);
    return this.#within('touch clocks', () =>
      this.#clocks(queries, (group, { keys, counts }) => {
        const names = group.map(({ rows, key = '' }) => (rows.length > 0 ? encodeURIComponent(key) : ''));
        return call(touchScript, keys, [String(group.length), lifetime, counts, ...names]);
      }),
    );
  }

  async put(key: string, entry: string, lifetimeMs: number): Promise<void> {
    const name = this.#entryKey(key);
    this.#long.note(key, entry);
    const command = { name: 'set', args: [name, entry, 'PX', milliseconds(lifetimeMs)], key: name };
    await this.#within('store an entry', () => this.#send([command]));
  }

  override async replace(key: string, mark: string, entry: string): Promise<void> {
    this.#long.note(key, entry);
    const command = call(replaceScript, [this.#entryKey(key)], [mark, entry]);
    await this.#within('replace an entry', () => this.#send([command]));
  }

  async remove(keys: readonly string[]): Promise<void> {
    await this.#within('remove entries', () => this.#send(this.#forEntries('unlink', keys)));
    this.#tracking?.changed(keys.map(this.#entryKey));
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
    const args = [holdName(id), milliseconds(this.options.budgetMs), milliseconds(deadlineMs), flag(releasesKeys)];
    const commands = clocks.map((clock) => call(holdScript, [clockKeys.clock(clock)], args));
    // A precaution is worth half a budget: what makes the write known is its advance, which has a whole one.
    await this.#insist('hold its clocks', commands, this.options.budgetMs / 2);
  }

  async release(clocks: readonly string[], id: string): Promise<void> {
    const commands = clocks.map((clock) => call(releaseScript, [clockKeys.clock(clock)], [holdName(id)]));
    await this.#insist('release a hold', commands);
  }

  async advance(writes: readonly ClockWrite[], hold?: string): Promise<void> {
    const name = hold === undefined ? '' : holdName(hold);
    const commands = writes.map(({ clock, rows, key = '', takesKeys = false, change }) => {
      const named = typeof rows === 'string' ? [] : rows;
      const keys = [clockKeys.clock(clock), ...named.map((row) => clockKeys.row(clock, row))];
      const args = [name, flag(rows === 'unknown'), flag(takesKeys), encodeURIComponent(key)];
      return call(advanceScript, keys, change ? [...args, change] : args);
    });
    await this.#insist('learn of a write', commands);
    // Who has written reads it in this process, however late the server tells.
    this.#tracking?.changed(writes.map(({ clock }) => clockKeys.clock(clock)));
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

  /** Entries and clocks at one moment: but for long texts, which a script takes longer to hand on than a command beside it. */
  #readTogether(
    keys: readonly string[],
    queries: readonly ClockQuery[],
    known: readonly (string | undefined)[] = [],
  ): Promise<EntriesRead> {
    const names = clockNames(queries);
    const { keys: clocks, counts } = names;
    const { whole, begun, apart } = placesOf(keys, known, this.#long);
    const inScript = begun.length > 0 ? [...whole, ...begun] : whole;
    const asked = clocks.concat(inScript.map((i) => this.#entryKey(keys[i]!)));
    const args = [String(queries.length), String(clocks.length), counts, ...begun.map((i) => known[i]!)];
    const beside = this.#forEntries(
      'mget',
      apart.map((i) => keys[i]!),
    );
    const standing = this.#beginStanding(keys, clocks.slice(0, queries.length));
    return this.#send([...beside, readCommand(names, asked, args)]).then((replies) => {
      const [clocksOnly, told] = readReply(names, replies.at(-1), queries.length);
      const reply = clocksReply(clocksOnly, asked.length);
      const entries = keys.map((): string | undefined => undefined);
      const take = (i: number, value: unknown) => {
        if (typeof value !== 'string') return;
        entries[i] = value;
        // Of what its reader has it tells no more than how it begins.
        if (value !== known[i]) this.#long.note(keys[i]!, value);
      };
      inScript.forEach((i, n) => take(i, reply[clocks.length + n]));
      apart.forEach((i, n) => take(i, (replies[0] as unknown[])[n]));
      const epoch = reply[asked.length] as string;
      const read = { epoch, clocks: clockStates(queries, reply, told), entries };
      return standing && isStill(reply) && this.#tracking!.hears(epoch) ? { ...read, standing } : read;
    });
  }

  /** Of rows it need not hear: none of their clocks moves without their table's record. */
  #beginStanding(keys: readonly string[], records: readonly string[]): Standing | undefined {
    return this.#tracking?.begin([...records, ...keys.map(this.#entryKey)]);
  }

  /** What may be on several servers, in one round trip to each. */
  async #readApart(keys: readonly string[], queries: readonly ClockQuery[]): Promise<EntriesRead> {
    const forEntries = this.#forEntries('mget', keys);
    const [values, read] = await Promise.all([
      this.#send(forEntries),
      this.#clocks(
        queries,
        (group, names) =>
          readCommand(names, names.keys, [String(group.length), String(names.keys.length), names.counts]),
        readReply,
      ),
    ]);
    return { ...read, entries: values.flat().map((value) => (typeof value === 'string' ? value : undefined)) };
  }

  async #clocks(
    queries: readonly ClockQuery[],
    command: (group: readonly ClockQuery[], names: ClockNames) => RedisCommand,
    answer: typeof readReply = (_, reply) => [reply],
  ): Promise<ClocksRead> {
    const groups = this.#together(queries);
    const names = groups.map(clockNames);
    const replies = await this.#send(groups.map((group, i) => command(group, names[i]!)));
    const epochs = new Set<string>();
    const clocks = groups.flatMap((group, i) => {
      const { length } = names[i]!.keys;
      const [clocksOnly, told] = answer(names[i]!, replies[i], group.length);
      const reply = clocksReply(clocksOnly, length);
      epochs.add(reply[length] as string);
      return clockStates(group, reply, told);
    });
    return { epoch: [...epochs].sort().join('+'), clocks };
  }

  /** One command may name them all, except on a cluster. */
  #together<T>(items: readonly T[]): (readonly T[])[] {
    if (this.#reads.isCluster) return items.map((item) => [item]);
    return items.length > 0 ? [items] : [];
  }

  #send(commands: readonly RedisCommand[]): Promise<unknown[]> {
    if (commands.length === 0) return Promise.resolve([]);
    // Whoever asked has gone on by then: what nobody waits for need not be sent.
    return sendScripts(this.#reads, commands, 2 * this.options.budgetMs).then((replies) => {
      const failure = replies.find(isError);
      if (failure) throw failure;
      return replies;
    });
  }

  #within<T>(what: string, work: () => Promise<T>, budget: number | Budget = this.options.budgetMs): Promise<T> {
    return withinBudget(this.name, what, budget, work);
  }

  #insist(what: string, commands: readonly RedisCommand[], budgetMs = this.options.budgetMs): Promise<void> {
    return insist(this.#writes, this.name, what, commands, budgetMs);
  }
}

/** What a new line of ours lets the server know: all of them are called by their names. */
const SCRIPTS = [
  readScript,
  journalScript,
  touchScript,
  replaceScript,
  holdScript,
  releaseScript,
  advanceScript,
  endLeaseScript,
].map(loading);

/** Journals are asked for by a script of their own: most reads ask for none. */
function readCommand({ sinces }: ClockNames, keys: readonly string[], args: readonly string[]): RedisCommand {
  return sinces === undefined ? call(readScript, keys, args) : call(journalScript, keys, [...args, sinces]);
}

/** What a read's script answers of clocks and entries, and what another one answers of journals. */
function readReply(
  { sinces }: ClockNames,
  reply: unknown,
  tables: number,
): readonly [clocks: unknown, told?: readonly unknown[]] {
  return sinces === undefined ? [reply] : journalsReply(reply, tables);
}

function ownConnection(connection: RedisConnection): OwnConnection | undefined {
  const { dial } = connection;
  return dial && new OwnConnection(connection, dial, SCRIPTS);
}

function tracking(
  connection: RedisConnection,
  entryKey: (key: string) => string,
  { keys, failed }: RedisTrackingOptions,
): Tracking | undefined {
  if (!Tracking.isPossible(connection)) return undefined;
  return new Tracking(connection, { prefixes: [clockKeys.prefix, entryKey(keys)], failed });
}

function readConnection(connection: RedisConnection, { budgetMs }: RedisStoreOptions): ReadConnection | undefined {
  const { dial } = connection;
  return dial && new ReadConnection(connection, dial, SCRIPTS, budgetMs);
}

const isError = (reply: unknown): reply is Error => reply instanceof Error;

/** In a record it stands between colons. */
const holdName = encodeURIComponent;

const flag = (is: boolean): string => (is ? '1' : '0');

/** Redis takes whole milliseconds only, and none of 0. */
const milliseconds = (duration: number): string => String(Math.max(1, Math.ceil(duration)));
