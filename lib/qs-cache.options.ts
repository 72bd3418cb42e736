import { InvalidConfigurationError } from './errors.js';
import type { RedisClient } from './store/connect-redis.js';

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
  readonly namespace?: string;

  /**
   * The Redis client to use (ioredis, or node-redis 5), where it is not the one inside CACHE_MANAGER. It stays yours: QsCache never
   * closes it. Default: found inside CACHE_MANAGER.
   */
  readonly redis?: RedisClient;

  /**
   * The longest a read waits for the store, in milliseconds, 1 to 10,000. Default 250. A read that waited in vain is answered by the
   * database.
   *
   * A write has half a budget before it is made, to announce itself, and a whole one afterwards, to be heard; it is told again and
   * again until then. So a store that does not answer costs it one and a half budgets (two when it stopped answering while the
   * announcement was renewed), and it goes on. Let the budget be longer than the way to the store and back.
   */
  readonly budgetMs?: number;

  /**
   * How long an announced write whose process is not heard of any more counts as under way, in milliseconds, 1,000 to 600,000.
   * Default 10,000. A writer that died between its COMMIT and telling of it leaves its entries stale for no longer than this. A
   * living one renews the announcement every third of it, however long its statement takes.
   *
   * `0` announces nothing: each write saves a round trip before its COMMIT, and the entries a killed process was about to make stale
   * stay until they expire; and a unique key that one write frees and another takes may be looked up as the former row until both
   * are through.
   */
  readonly holdMs?: number;
}

/** What `useClass` and `useExisting` of `forRootAsync` must provide. @publicApi */
export interface QsCacheOptionsFactory {
  createQsCacheOptions(): QsCacheOptions | Promise<QsCacheOptions>;
}

/** @internal */
export interface ResolvedOptions {
  readonly namespace: string;
  readonly redis: RedisClient | undefined;
  readonly budgetMs: number;
  readonly holdMs: number;
}

/** @throws {InvalidConfigurationError} */
export function resolveOptions({
  namespace = '',
  redis,
  budgetMs = 250,
  holdMs = 10_000,
}: QsCacheOptions): ResolvedOptions {
  if (typeof namespace !== 'string') {
    throw invalid('namespace', namespace, 'it could not be part of a key', 'Give a text, or leave it out.');
  }
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
  return { namespace, redis, budgetMs, holdMs };
}

/** An environment variable is a text; a timer would take it, an addition would not. */
function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

function invalid(option: string, value: unknown, consequence: string, remedy: string): InvalidConfigurationError {
  return new InvalidConfigurationError(
    'QSCACHE_OPTION',
    `QsCacheModule option ${option} is ${String(value)}, so ${consequence}. ${remedy}`,
  );
}
