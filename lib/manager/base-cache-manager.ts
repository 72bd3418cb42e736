import { inspect } from 'node:util';
import { NotFoundException } from '@nestjs/common';
import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
import type { RelationPath } from '../load/relation-paths.js';
import { ownIdentifier } from '../naming/identified-row.js';
import type { Identifier } from '../naming/identifier.js';
import type { TableTarget } from '../naming/table-target.js';
import { brand } from '../peers/copies.js';
import { ownPart } from '../query/check-query.js';
import type { Where } from '../query/where.js';
import { checkOptions, checkSwitch } from './check-options.js';
import { clearsOf, keysOf, readsOf, registeredRuntime, runtimeOf, uncachedReadsOf } from './manager-runtime.js';
import { type QuerySet, querySet } from './query-set.js';
import { transactionOf, withinTransaction } from './transaction.js';

/**
 * TypeORM's `EntityTarget` without its `Function`, which lets any class pass for any entity. A class whose constructor is private or
 * protected is known by its prototype.
 */
type Model<T> =
  (abstract new (...args: never[]) => T) | (Function & { readonly prototype: T }) | Exclude<EntityTarget<T>, Function>;

/** @publicApi */
export interface AllOptions<T extends ObjectLiteral> {
  /** Names the list: its key is `<cacheKey>_<suffix>`. Default: none for the whole list, derived from `where` for a part of it. */
  readonly suffix?: string | undefined;
  /** The rows of the list. Default: all of them. */
  readonly where?: Where<T> | undefined;
  /**
   * `false`: this list comes from the database, from the primary as what is cached would be loaded, and is not stored; nor is what is
   * refined from it and told to `cache()`. A suffix then names nothing. Inside of a transaction it changes nothing. Default `true`.
   */
  readonly cache?: boolean | undefined;
}

/** @publicApi */
export interface GetOptions<T extends ObjectLiteral> {
  /** How to find the row. Default: by primary key. With it, the identifier only names the entry. */
  readonly where?: Where<T> | undefined;
  /** `false`: `null` instead of `exceptionClass` when there is no row. Default `true`. */
  readonly raiseException?: boolean | undefined;
  /**
   * `false`: this call asks the database, the primary as what is cached would be loaded, and stores nothing. Inside of a transaction it
   * changes nothing. Default `true`.
   */
  readonly cache?: boolean | undefined;
}

/** Whoever adds an option has to name it here. */
const ALL: Readonly<Record<keyof AllOptions<ObjectLiteral>, true>> = { suffix: true, where: true, cache: true };
const GET: Readonly<Record<keyof GetOptions<ObjectLiteral>, true>> = { where: true, raiseException: true, cache: true };

/**
 * The cached entities of one model. Extend it, name the model, register the class with `QsCacheModule.forFeature`, inject it.
 *
 * Reads come from the cache and cost no query while what they show is unwritten; they never fail because of the cache: when the
 * store is down, slow or refuses, the database answers. Every caller gets entities of its own, equal to what TypeORM's `find`
 * returns.
 *
 * The design is qscache's (Django) `BaseCacheManager`.
 *
 * @example
 * @Injectable()
 * export class ExampleCacheManager extends BaseCacheManager<Example> {
 *   model = Example;
 *   relatedObjects = ['user'] as const;
 *   prefetchRelatedObjects = ['users'] as const;
 * }
 *
 * await examples.all();   // 2 queries the first time (examples joined with user, then users), 0 after
 * await examples.get(1);  // 2 queries the first time, 0 after
 *
 * @publicApi
 */
export abstract class BaseCacheManager<T extends ObjectLiteral> {
  /** The entity class. The only field a manager must have. */
  abstract model: Model<T>;

  /** The list's key and the prefix of all others; unique per application. Default: the entity class's name in lower case. */
  cacheKey?: string;

  /** Relations joined in the same query (qscache: `select_related`). Write `as const`: then a wrong name does not compile. Default none. */
  relatedObjects: readonly RelationPath<T>[] = [];

  /**
   * Relations loaded by one query each, so that rows do not multiply (qscache: `prefetch_related`). Write `as const`. Default none.
   *
   * What they show is all that belongs to a row, as with TypeORM's `relationLoadStrategy: 'query'` and in Django; with joined ones it
   * is what the statement has. So a filter through a prefetched to-many relation chooses rows and leaves their related ones whole,
   * where a joined one shows the related ones that match; and a row whose required relation (`nullable: false`) has lost its own is
   * shown with `null`, where a join of TypeORM 1 leaves it out.
   */
  prefetchRelatedObjects: readonly RelationPath<T>[] = [];

  /** `false`: `prefetchRelatedObjects` only for `get()`, not for `all()`. Default `true`. */
  usePrefetchRelatedForList = true;

  /** How long a list is kept, in seconds, more than 0. Default 86,400: one day. A write makes it stale at once, whatever is left. */
  listTimeout = 86_400;

  /** How long a detail is kept, in seconds, more than 0. Default 60: one minute. */
  detailTimeout = 60;

  /**
   * For how long past its timeout an entry is still shown while one load in the background replaces it, in seconds, 0 to ten years.
   * Default 0: then its next reader waits for the load. It applies to what has expired only: what a write, a clear or a restarted store
   * has made stale, or a writer holds, is never shown by it. When that load fails, a `load:failed` event says so, and the entry is shown
   * until its time is over; when it brings nothing to store (the row is gone), the entry is dropped. The store keeps entries for so much longer.
   *
   * @throws {InvalidConfigurationError} while the application boots, for what is no such time
   *
   * @example
   * detailTimeout = minutes(1);
   * staleWhileRevalidate = minutes(10);
   * await examples.get(1); // after five minutes without a read: 0 queries before it answers, 1 behind its back
   */
  staleWhileRevalidate = 0;

  /**
   * For how long past its timeout the last entry is shown when the database cannot be reached, in seconds, 0 to ten years. Default 0:
   * the read fails as the database does. It is shown whatever was written or cleared since, so it may be older than acknowledged writes:
   * an `entry:hit` event says `stale: 'error'`, a `load:failed` event what failed, and the log as well. The store keeps entries for so
   * much longer; one that is down too has nothing to show.
   *
   * Only for a refused or lost connection, a server that shuts down, or no connection to be had; never for what a database has answered,
   * or the application's own code has thrown. Such a read waits until the driver gives up: give its connections a short timeout.
   *
   * @throws {InvalidConfigurationError} while the application boots, for what is no such time
   *
   * @example
   * staleIfError = hours(1);
   * await examples.get(1); // the database is down: 0 queries, and what was last stored, for up to an hour past detailTimeout
   */
  staleIfError = 0;

  /**
   * The share of its timeout by which an entry may expire earlier, 0 to 1, another one for each: those that were filled together do not
   * expire together. Default 0.
   *
   * @throws {InvalidConfigurationError} while the application boots, for what is no such share
   *
   * @example
   * timeoutJitter = 0.2; // with a detailTimeout of 60 an entry lives 48 to 60 seconds; costs no more queries in one go
   */
  timeoutJitter = 0;

  /**
   * How long `get()` and `getMany()` remember that there is no row, in seconds, 0 to ten years. Default 0: not at all. Any write to the
   * tables they read ends it, so an insert is seen at once; where a table is written all the time it gains little. Each identifier
   * that is asked for is an entry: where requests make them up, keep it short.
   *
   * @throws {InvalidConfigurationError} while the application boots, for what is no such time
   *
   * @example
   * notFoundTimeout = 30;
   * await examples.get(404, { raiseException: false }); // null, 1 query the first time, then 0, until a row is inserted
   */
  notFoundTimeout = 0;

  /** What `get()` throws when there is no row. Default Nest's `NotFoundException`: a 404. */
  exceptionClass: new (message: string) => Error = NotFoundException;

  /**
   * Tables this manager's results depend on although no metadata says so: those behind a view, a virtual column's function. Entities
   * or table names. Default none.
   */
  dependsOn: readonly TableTarget[] = [];

  /**
   * Tables that change whenever this model's table does, by triggers that do not name them: written in C, or with a name that is put together. What
   * the text of a trigger names, or of a routine it calls, needs no declaration. Entities or table names. Default none.
   */
  alsoWrites: readonly TableTarget[] = [];

  /**
   * `true`: results whose SQL asks for the time, chance or the session (a virtual column with `now()`, a `Raw` with `current_user`) are
   * cached too, and may be as old as their timeout. Default `false`: they are loaded anew each time, and the log says so once.
   */
  cacheVolatile = false;

  /**
   * Properties that no entry may hold, of this entity's own: `['ssn', 'card.number']`, with a dot inside of an embedded object. A result
   * that shows one is served from the database each time, also where another manager shows the entity; what selects without it
   * (`select`, a column with `select: false`) is cached as usual. Default none. What an earlier release stored is not read any more, but
   * lies in the store until it expires.
   *
   * @throws {InvalidConfigurationError} while the application boots, for a property the entity does not have
   *
   * @example
   * neverCache = ['ssn'];
   * await patients.get(1);                                       // 1 query, every time
   * await patients.all().select({ id: true, name: true }).cache(); // 1 query the first time, then 0
   */
  neverCache: readonly string[] = [];

  /**
   * `false`: this process keeps nothing of this manager's entries between reads; each hit is read from the store's text. For entries that
   * many processes read seldom. Default `true`: what was read lately stays here, parsed, and the store is asked only whether it is still
   * true (see `nearCache` of `QsCacheModule.forRoot`).
   */
  nearCache = true;

  /**
   * `true`: everybody gets the same instances, made once and deep-frozen: a hit of a thousand rows takes what one of a single row does.
   * Writing to one throws a TypeError, also inside of related entities, embedded objects, JSON and dates. What cannot be frozen (bytes,
   * what a transformer made) is a copy each time it is asked for. Lists are frozen arrays: sort a copy. It holds for everything that the
   * cache can answer, whether it did or the database; refined sets that are not cached and `using()` give instances of your own. Default
   * `false`: everybody gets copies of their own.
   *
   * @throws {InvalidConfigurationError} while the application boots, for entities with `@AfterLoad` or setters, which write to what they are given
   *
   * @example
   * shared = true;
   * const [first] = await examples.all(); // a hit: 0 queries, no copy
   * first.title = 'mine';                 // TypeError
   */
  shared = false;

  /**
   * Whose cache this is, where rows differ by who asks (a tenant, row-level security): entries of two scopes never meet. Asked on
   * every call, so it may read the current request. Default: one scope for all. It answers at once, with a text: a promise or anything else
   * is an error, on every call.
   *
   * @throws {InvalidConfigurationError} from whatever asked it, for such an answer
   */
  scope?(): string | undefined;

  /**
   * The list. Nothing happens until it is awaited.
   *
   * @example
   * await examples.all();                                               // 1 query the first time, then 0
   * await examples.all({ suffix: 'active', where: { isActive: true } }); // an entry of its own: example_active
   * await examples.all({ cache: false });                               // 1 query, every time
   *
   * @throws {InvalidQueryError} for a suffix that is no text, a filter that is no object, a `cache` that is no boolean, and an option there is not
   */
  all(options: AllOptions<T> = {}): QuerySet<T> {
    checkOptions('all()', options, ALL);
    const { suffix, where, cache = true } = options;
    checkSwitch('all({ cache })', cache);
    const reads = cache ? readsOf(this) : uncachedReadsOf(this);
    const query = where === undefined ? {} : { where: ownPart('all({ where })', 'filter', where) as never };
    return querySet<T>(reads, query, { suffix, isList: true });
  }

  /**
   * One entity, by primary key or by a filter of its own.
   *
   * @param identifier the primary key: whatever `findOneBy({ id })` takes for it, or the whole object, as for a composite one; with
   *   `where`, any text that names the entry
   * @throws the manager's `exceptionClass` when there is no row, unless `raiseException` is `false`
   * @throws {InvalidIdentifierError} for an identifier no row can have, such as `undefined`, or one the column's transformer throws for
   * @throws {InvalidQueryError} for a filter that is no object, a `cache` that is no boolean, and an option there is not
   * @throws whatever the database fails with: a failure is never "not found"
   * @throws {CircularReadError} when a listener, subscriber, constructor or transformer of what it reads reads it again without end
   *
   * @example
   * await examples.get(1);                                            // 1 query the first time, then 0
   * await users.get('mojix', { where: { username: 'mojix' } });       // its own entry: user_mojix
   * await examples.get(404, { raiseException: false });               // null, and 1 query every time
   * await examples.get(1, { cache: false });                          // 1 query, every time
   */
  get(identifier: Identifier<T>, options: GetOptions<T> & { readonly raiseException: false }): Promise<T | null>;
  get(identifier: Identifier<T>, options?: GetOptions<T> & { readonly raiseException?: true | undefined }): Promise<T>;
  get(identifier: Identifier<T>, options?: GetOptions<T>): Promise<T | null>;
  async get(identifier: Identifier<T>, options?: GetOptions<T>): Promise<T | null> {
    if (options !== undefined) checkOptions('get()', options, GET);
    const { where, raiseException = true, cache = true } = options ?? {};
    checkSwitch('get(..., { cache })', cache);
    const reads = cache ? readsOf(this) : uncachedReadsOf(this);
    const own = where === undefined ? undefined : ownPart('get(..., { where })', 'filter', where);
    const found = await reads.get(identifier, own as never);
    if (!found && raiseException) throw new this.exceptionClass(`${reads.metadata.name} not found`);
    return found as T | null;
  }

  /**
   * Several entities by primary key, in the order asked; identifiers without a row are left out. Where only the database can tell keys
   * apart (text without case, a transformer), what has no row at first is asked for once more; were some of them there in another
   * spelling, in some twenty queries for hundreds.
   * The store is asked for a thousand at a time, all of it within one `budgetMs`: what it has not answered by then comes from the database.
   *
   * @throws {InvalidIdentifierError} for an identifier no row can have
   *
   * @example
   * await examples.getMany([1, 2, 3]); // one round trip to the store, up to 1,000; one query for all that it lacks, up to 900
   */
  async getMany(identifiers: readonly Identifier<T>[]): Promise<T[]> {
    const found = await readsOf(this).getMany(identifiers);
    return found.filter((entity) => entity !== null) as T[];
  }

  /** The key of the list, or of the list with that suffix: `example`, `example_active`. @throws {InvalidQueryError} for one that is no text */
  getCacheKey(suffix?: string): string {
    return keysOf(this).listKey(suffix);
  }

  /** The key of a detail: `example_1`. @throws {InvalidIdentifierError} */
  getDetailCacheKey(identifier: Identifier<T>): string {
    return keysOf(this).detailKey(ownIdentifier(runtimeOf(this).options, identifier));
  }

  /**
   * Makes everything of this manager (and scope) stale. For writes TypeORM does not see; its own need no clearing. When the store
   * cannot be reached this resolves all the same, and a `store:failed` event says so.
   */
  async clearCache(): Promise<void> {
    await clearsOf(this).all();
  }

  /** Makes every list of this manager stale, or the one with that suffix. @throws {InvalidQueryError} for one that is no text */
  async clearCacheList(suffix?: string): Promise<void> {
    await clearsOf(this).list(suffix);
  }

  /**
   * Makes every detail of this manager stale, or the entry of that identifier and every other entry that shows its row: a slug and
   * a primary key are two keys of one row.
   *
   * @throws {InvalidIdentifierError}
   */
  async clearCacheDetail(identifier?: Identifier<T>): Promise<void> {
    await clearsOf(this).detail(identifier);
  }

  /**
   * This manager inside a transaction: reads go through its connection, see its rows and neither use nor fill the cache; clears
   * wait for its commit. Your own methods work on it as well, unless they use `#private` fields: write `private`. Arrow functions in
   * fields and functions that were bound stay outside of the transaction: their `this` is the manager they were made for.
   *
   * @throws {InvalidQueryError} for what is no EntityManager, such as `undefined` or a QueryRunner, whose `manager` is one
   *
   * @example
   * await dataSource.transaction(async (entityManager) => {
   *   const example = await examples.using(entityManager).get(1); // always 1 query or more, sees the transaction's own writes
   * });
   */
  using(entityManager: EntityManager): this {
    return withinTransaction(this, entityManager);
  }

  /** @internal */
  [inspect.custom](): string {
    const { name } = this.constructor;
    const runtime = registeredRuntime(this);
    if (!runtime) return `${name}(not registered)`;
    return `${name}(${runtime.options.metadata.name}${transactionOf(this) ? ', in a transaction' : ''})`;
  }
}

brand(BaseCacheManager);

/** One whose constructor ran: a test may have put something else in its place, or a stub that has its class and no fields. */
export function isManager(instance: unknown): instance is BaseCacheManager<ObjectLiteral> {
  return instance instanceof BaseCacheManager && Object.hasOwn(instance, 'relatedObjects');
}
