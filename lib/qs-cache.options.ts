import { Encryption } from './cache/seal-encryption.js';
import { Signature } from './cache/seal-signature.js';
import { noSeal, type Seal } from './cache/seal.js';
import { InvalidConfigurationError } from './errors.js';
import { meantOption } from './naming/meant-option.js';
import { nearestName } from './naming/near-name.js';
import { whatIs, whatNumber } from './query/what-is.js';
import { type CacheStore, isCacheStore } from './store/cache-store.js';
import { checkRedis, type RedisClient } from './store/connect-redis.js';

/** Under which the application has its options, checked; nobody provides it where defaults hold. */
export const QSCACHE_OPTIONS = Symbol('QSCACHE_OPTIONS');

/**
 * Options of `QsCacheModule.forRoot`. All have defaults; without `forRoot` those hold.
 *
 * @publicApi
 */
export interface QsCacheOptions {
  /**
   * Sets this application's entries apart from others' in the same store: keys become `<namespace>:<key>`. Default: none, keys are
   * exactly what `getCacheKey()` prints.
   */
  readonly namespace?: string | undefined;

  /**
   * The Redis client to use (ioredis, or node-redis 5), where it is not the one inside CACHE_MANAGER. It stays yours: QsCache never
   * closes it. Default: found inside CACHE_MANAGER.
   */
  readonly redis?: RedisClient | undefined;

  /**
   * Where entries and clocks are kept, if neither in CACHE_MANAGER nor in Redis: your own `CacheStore`, and then no CACHE_MANAGER is needed.
   * It is opened when the application starts and closed with it, so give each application one of its own; beside `redis` a boot error. One
   * that fails or takes longer than `budgetMs` is treated like a Redis that does. Default: none.
   *
   * @example
   * QsCacheModule.forRoot({ store: new MyStore() }) // a hit of examples.get(1) is 0 queries, as everywhere
   */
  readonly store?: CacheStore | undefined;

  /**
   * The longest a read waits for the store, in milliseconds, 1 to 10,000. Default 250. A read that waited in vain is answered by the
   * database.
   *
   * A write has half a budget before it is made, to hold the clocks of what it writes, and a whole one afterwards, to be heard; it is told again and
   * again until then. So a store that does not answer costs it one and a half budgets (two when it stopped answering while the
   * hold was renewed), and it goes on. Let the budget be longer than the way to the store and back.
   */
  readonly budgetMs?: number | undefined;

  /**
   * How long the hold of a write whose process is not heard of any more stands, in milliseconds, 1,000 to 600,000.
   * Default 10,000. A writer that died between its COMMIT and telling of it leaves its entries stale for no longer than this. A
   * living one renews its hold every second, or third of it, however long its statement takes.
   *
   * `0` holds nothing: each write saves a round trip before its COMMIT, and the entries a killed process was about to make stale
   * stay until they expire; and a unique key that one write frees and another takes may be looked up as the former row until both
   * are through.
   */
  readonly holdMs?: number | undefined;

  /**
   * What becomes of a write while the store cannot be told of it. `'queue'`, the default: it is made, and the store is told when it is
   * back; until then this process reads what it wrote from the database, and other processes, where they still reach the store, may
   * serve what was there before. `'reject'`: it is not sent, and whoever made it gets a `WriteRefusedError`; a transaction gets it for
   * its COMMIT, and is rolled back. So nobody reads anything old, and nobody writes while the store is down: not even a migration that
   * runs while the application stands. Needs `holdMs`.
   *
   * @example
   * QsCacheModule.forRoot({ onStoreDown: 'reject' }) // a write while the store is down: no query, and a WriteRefusedError
   */
  readonly onStoreDown?: 'queue' | 'reject' | undefined;

  /**
   * Signs every entry, with its key, by HMAC-SHA256: what somebody else has changed, made up or moved to another key is a miss and an
   * `entry:unverified` event. A text of at least 32 characters, best random ones, and another one for each environment; given and
   * `undefined` (an environment variable that is not set) is a boot error. Default: none, whoever may write to the store is trusted.
   *
   * Of several the first one signs and all are accepted. To replace one, deploy `[old, new]`, then `[new, old]`, then `new` alone; in
   * fewer steps nothing is wrong, but some entries are misses.
   *
   * Covers entries only. Not the clocks that say whether they are still true, nor what the store remembers of migrations; not their
   * deletion; nor an older entry of the same key that somebody has kept and puts back while no clock has passed it.
   *
   * @example
   * QsCacheModule.forRoot({ secret: config.getOrThrow('CACHE_SECRET') }) // of `openssl rand -base64 32`; costs no more queries
   */
  readonly secret?: string | readonly string[];

  /**
   * Encrypts every entry by AES-256-GCM, which covers what a signature does, and nothing in it can be read without the `secret`: no
   * value, no table, no query. Default `false`. Names stay readable: of keys, with suffixes and identifiers in them, and of clocks,
   * with tables and primary keys in them. To switch it makes the entries there are misses. Without a `secret` a boot error.
   *
   * @example
   * QsCacheModule.forRoot({ secret: config.getOrThrow('CACHE_SECRET'), encrypt: true }) // costs no more queries
   */
  readonly encrypt?: boolean | undefined;

  /**
   * What this process keeps of the entries it has read lately: parsed, so that a hit need neither send nor read their text again.
   *
   * `maxBytes`: how much memory it may take, about; what was read longest ago goes first, and a single entry may take a quarter of it. Default
   * 33,554,432, 32 MB; 0 keeps nothing. A manager that keeps nothing says so itself: `nearCache = false`.
   *
   * `tracking`: whether what was read within the last second is shown without asking the store. Default `false`: it is asked at every
   * read whether the entry is still there and still true, so nothing is shown that the store would not show. `true`, on one Redis server: it
   * tells this process of each change, over one connection more (`CLIENT TRACKING` in broadcasting mode), and what it has not told of costs
   * no round trip. **The price**: a read may be older than a write that another process was acknowledged, by as long as it takes to
   * tell, and by a second at the most, whatever becomes of the connection; an entry may be shown for as long past its timeout. What this process has written itself it reads at once. While the connection is down, or the store, every read asks, as with
   * `false`, and a `store:failed` event of `track` says so once. On a Redis Cluster, or a store of your own, it is without effect, which the log
   * says; in memory there is nothing to ask, and it is without effect too. Without a `namespace` Redis tells of all its keys, where nothing
   * else stands before those of entries. With `maxBytes: 0` a boot error.
   *
   * @example
   * QsCacheModule.forRoot({ nearCache: { maxBytes: 256 * 1024 * 1024 } }) // costs no more queries
   * QsCacheModule.forRoot({ nearCache: { tracking: true } }) // of two hits within a second the second costs no round trip
   */
  readonly nearCache?: { readonly maxBytes?: number | undefined; readonly tracking?: boolean | undefined } | undefined;

  /**
   * `false`: every read comes from the database and nothing is stored, for tests and emergencies; the log says so once. Writes go on
   * telling the store, so that other processes that share it stay right, and so does this one when it is switched on again. Default
   * `true`.
   *
   * @example
   * QsCacheModule.forRoot({ enabled: process.env.CACHE !== 'off' }) // off: examples.get(1) is 1 query, every time
   */
  readonly enabled?: boolean | undefined;
}

/** Whoever adds an option has to name it here. */
const KNOWN: Readonly<Record<keyof QsCacheOptions, true>> = {
  namespace: true,
  store: true,
  redis: true,
  budgetMs: true,
  holdMs: true,
  onStoreDown: true,
  secret: true,
  encrypt: true,
  nearCache: true,
  enabled: true,
};

/** What other modules call what is done otherwise here, by their plain names. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  isglobal: 'It is global as it is: leave it out.',
  global: 'It is global as it is: leave it out.',
  ttl: 'How long entries are kept is for each manager to say: listTimeout and detailTimeout, in seconds.',
  timeout:
    'How long entries are kept is for each manager to say: listTimeout and detailTimeout, in seconds; how long a read waits for the store says budgetMs.',
  url: 'Give a client: redis: new Redis(url) of ioredis.',
  host: 'Give a client: redis: new Redis(...) of ioredis.',
  port: 'Give a client: redis: new Redis(...) of ioredis.',
  redisurl: 'Give a client: redis: new Redis(url) of ioredis.',
  redisclient: 'Give the client as redis.',
  stores: 'Give stores to CacheModule.register({ stores }).',
};

/** Characters. */
const SHORTEST_SECRET = 32;

/** What `useClass` and `useExisting` of `forRootAsync` must provide. @publicApi */
export interface QsCacheOptionsFactory {
  createQsCacheOptions(): QsCacheOptions | Promise<QsCacheOptions>;
}

/** @internal */
export interface ResolvedOptions {
  readonly namespace: string;
  readonly redis: RedisClient | undefined;
  readonly store: CacheStore | undefined;
  readonly budgetMs: number;
  readonly holdMs: number;
  readonly needsHold: boolean;
  readonly enabled: boolean;
  /** In place of the secrets, which nobody needs to know from here on. */
  readonly seal: Seal;
  /** 0 keeps nothing. */
  readonly nearBytes: number;
  readonly tracking: boolean;
}

const checked = new WeakSet<object>();

/**
 * Before anybody uses them: a misspelt one would be passed over in silence.
 *
 * @internal
 * @throws {InvalidConfigurationError}
 */
export function checkOptions(options: unknown): QsCacheOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidConfigurationError(
      'QSCACHE_OPTION',
      `The options of QsCacheModule are ${whatIs(options)} and no object, so what they should say is unknown. Give an object; a useFactory has to return it: () => ({ ... }).`,
    );
  }
  for (const name of Object.keys(options))
    if (!Object.hasOwn(KNOWN, name) && !isOfItsOwn(name, options)) throw unknownOption(name);
  checked.add(options);
  return options;
}

/** The options of `forRoot`, or none: where there is no `forRoot`, a test's mocker may have made up something in its place. @internal */
export function givenOptions(found: unknown): QsCacheOptions {
  return typeof found === 'object' && found !== null && checked.has(found) ? found : {};
}

/** What a class has beside its options, such as the service it reads them from, unless it can only be a misspelt one. */
function isOfItsOwn(name: string, options: object): boolean {
  const prototype = Object.getPrototypeOf(options) as object | null;
  const isPlain = !prototype || !Object.getPrototypeOf(prototype);
  return !isPlain && !nearestName(name, Object.keys(KNOWN));
}

function unknownOption(name: string): InvalidConfigurationError {
  const known = Object.keys(KNOWN);
  const hint = meantOption(name, known, ELSEWHERE) ?? `There are: ${known.join(', ')}.`;
  return new InvalidConfigurationError(
    'QSCACHE_OPTION',
    `QsCacheModule has no option ${JSON.stringify(name)}, so nothing would come of it. ${hint}`,
  );
}

/** @internal @throws {InvalidConfigurationError} */
export function resolveOptions(options: QsCacheOptions): ResolvedOptions {
  const {
    namespace = '',
    redis,
    store,
    budgetMs = 250,
    holdMs = 10_000,
    onStoreDown = 'queue',
    enabled = true,
  } = options;
  if (typeof namespace !== 'string') {
    throw invalid('namespace', namespace, 'it could not be part of a key', 'Give a text, or leave it out.');
  }
  checkStore(options);
  if (redis !== undefined) checkRedis(redis);
  if (!isBetween(budgetMs, 1, 10_000)) {
    throw invalid(
      'budgetMs',
      budgetMs,
      'every request would wait too long for a dead store, or for none',
      'Give 1 to 10,000 milliseconds.',
    );
  }
  if (holdMs !== 0 && !isBetween(holdMs, 1_000, 600_000)) {
    throw invalid(
      'holdMs',
      holdMs,
      'a slow commit would be taken for a dead writer, or a dead one waited for',
      'Give 1,000 to 600,000 milliseconds, or 0 for none.',
    );
  }
  if (onStoreDown !== 'queue' && onStoreDown !== 'reject') {
    throw invalid('onStoreDown', onStoreDown, 'nobody knows what it asks for', "Give 'queue' or 'reject'.");
  }
  const needsHold = onStoreDown === 'reject';
  if (needsHold && holdMs === 0) {
    throw invalid(
      'onStoreDown',
      onStoreDown,
      'a write would have to be held before it is sent, and holdMs is 0',
      "Leave holdMs out, or give 'queue'.",
    );
  }
  // A text, of an environment variable, would count as true whatever it says.
  if (typeof enabled !== 'boolean') {
    throw invalid('enabled', `of type ${typeof enabled}`, 'it says neither yes nor no', 'Give true or false.');
  }
  const near = nearCacheFrom(options);
  return { namespace, redis, store, budgetMs, holdMs, needsHold, enabled, seal: sealFrom(options), ...near };
}

const NEAR_CACHE = ['maxBytes', 'tracking'];

function nearCacheFrom({ nearCache = {} }: QsCacheOptions): Pick<ResolvedOptions, 'nearBytes' | 'tracking'> {
  const given: unknown = nearCache;
  const remedy = 'Give { maxBytes: 33_554_432 }, with 0 for nothing, or leave it out.';
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalid('nearCache', whatIs(given), 'how much this process may keep is unknown', remedy);
  }
  for (const name of Object.keys(given)) {
    if (NEAR_CACHE.includes(name)) continue;
    const hint = meantOption(name, NEAR_CACHE) ?? `There are ${NEAR_CACHE.join(' and ')}.`;
    throw new InvalidConfigurationError(
      'QSCACHE_OPTION',
      `QsCacheModule option nearCache has no ${JSON.stringify(name)}, so nothing would come of it. ${hint}`,
    );
  }
  const { maxBytes = 32 * 1024 * 1024, tracking = false }: { maxBytes?: unknown; tracking?: unknown } = given;
  if (!isBetween(maxBytes, 0, Number.MAX_SAFE_INTEGER)) {
    throw invalid('nearCache.maxBytes', maxBytes, 'nobody could count with it', remedy);
  }
  // A text, of an environment variable, would count as true whatever it says.
  if (typeof tracking !== 'boolean') {
    throw invalid('nearCache.tracking', whatIs(tracking), 'it says neither yes nor no', 'Give true or false.');
  }
  if (tracking && maxBytes === 0) {
    throw invalid(
      'nearCache.tracking',
      tracking,
      'nothing is kept (maxBytes: 0) that changes could be told of',
      'Leave one of them out.',
    );
  }
  return { nearBytes: maxBytes as number, tracking };
}

function checkStore({ store, redis }: { readonly store?: unknown; readonly redis?: unknown }): void {
  if (store === undefined) return;
  if (!isCacheStore(store)) {
    throw invalid(
      'store',
      'no CacheStore',
      'there would be nowhere to keep entries',
      'Give an instance of a class that extends CacheStore.',
    );
  }
  if (redis !== undefined) {
    throw invalid('store', 'given beside redis', 'entries would have two places', 'Give one of them.');
  }
}

/** Says nothing of a secret but that it will not do: errors are logged. */
function sealFrom(options: QsCacheOptions): Seal {
  const { secret, encrypt = false }: { secret?: unknown; encrypt?: unknown } = options;
  const secrets: unknown[] = Array.isArray(secret) ? [...(secret as unknown[])] : 'secret' in options ? [secret] : [];
  if ('secret' in options && !(secrets.length && secrets.every(isSecret))) {
    throw invalid(
      'secret',
      'not made of texts of at least 32 characters',
      'entries could be forged by guessing it',
      'Give a text, or a list of them, of `openssl rand -base64 32`, or leave the option out.',
    );
  }
  // A text, of an environment variable, would count as true whatever it says.
  if (typeof encrypt !== 'boolean') {
    throw invalid('encrypt', `of type ${typeof encrypt}`, 'it says neither yes nor no', 'Give true or false.');
  }
  if (!secrets.length) {
    if (!encrypt) return noSeal;
    throw invalid('encrypt', true, 'there must be a secret, and there is none', 'Give `secret` as well.');
  }
  return new (encrypt ? Encryption : Signature)(secrets as string[]);
}

function isSecret(value: unknown): boolean {
  return typeof value === 'string' && value.length >= SHORTEST_SECRET;
}

/** An environment variable is a text; a timer would take it, an addition would not. */
function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

function invalid(option: string, value: unknown, consequence: string, remedy: string): InvalidConfigurationError {
  if (typeof value === 'string' && option.endsWith('Ms')) {
    return new InvalidConfigurationError(
      'QSCACHE_OPTION',
      `QsCacheModule option ${option} is a text, ${JSON.stringify(value)}, so nobody could count with it. Write Number(...) around it: environment variables are texts.`,
    );
  }
  return new InvalidConfigurationError(
    'QSCACHE_OPTION',
    `QsCacheModule option ${option} is ${whatNumber(value)}, so ${consequence}. ${remedy}`,
  );
}
