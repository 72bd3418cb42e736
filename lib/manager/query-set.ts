import { inspect } from 'node:util';
import type { FindOptionsOrder, FindOptionsSelect, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { InvalidQueryError, QsCacheError } from '../errors.js';
import { pageOrder } from '../load/page-order.js';
import { checkSuffix, ownPart } from '../query/check-query.js';
import { countedQuery } from '../query/counted-query.js';
import type { EntityQuery } from '../query/entity-query.js';
import { Filter } from '../query/filter.js';
import { ordersByMany } from '../query/ordered-relations.js';
import { whatIs } from '../query/what-is.js';
import type { Where } from '../query/where.js';
import { checkWhole, type Page, pageOf, type PageOptions, partOf } from './page.js';
import type { Part, Reads } from './reads.js';

interface CachedAs {
  readonly suffix: string | undefined;
  /** As `all()` returns it: how many rows there are says the list itself. */
  readonly isList: boolean;
}

/** Makes a set, which nobody but a manager can: what it returns is only as true as its source. @internal */
export let querySet: <T extends ObjectLiteral>(reads: Reads, query: EntityQuery, cachedAs: CachedAs) => QuerySet<T>;

/**
 * A list that is not loaded yet. Await it, or iterate over it with `for await`: it is evaluated then, at most once per object, and
 * awaiting the same object again gives the same array. Every refinement is a new object.
 *
 * As `all()` returns it, it is cached: a hit costs no query. A refined one goes straight to the database, every time, until
 * `cache()` says otherwise. When the store is down everything is answered by the database.
 *
 * Being awaitable, it does not survive `async` functions: one that returns a query set returns its array. A response that holds one
 * fails with an error that says to await it; behind `ClassSerializerInterceptor`, which makes a promise of it, it is an empty object.
 *
 * @example
 * await examples.all();                                            // 1 query the first time, then 0
 * await examples.all().filter({ isActive: true });                 // 1 query, always
 * await examples.all().filter({ isActive: true }).cache('active'); // 1 query the first time, then 0
 * await examples.all().count();                                    // 0 queries: the length of the cached list
 * await examples.all().filter({ isActive: true }).count();         // SELECT COUNT(*), always
 * await examples.all().filter({ isActive: true }).cache('active').count(); // 1 query the first time, or 2 where there are more than 200, then 0
 * await examples.all().page({ page: 1, size: 20 });                // 2 queries the first time, then 0
 *
 * @publicApi
 */
export class QuerySet<T extends ObjectLiteral> implements PromiseLike<T[]>, AsyncIterable<T> {
  // Private to JavaScript too: whoever prints, compares or serializes a set must not walk through a DataSource.
  readonly #reads: Reads;
  readonly #given: EntityQuery;
  readonly #cachedAs: CachedAs | undefined;
  /** In place of the given `where`, once there is more to it. */
  readonly #filter: Filter | undefined;
  #result: Promise<T[]> | undefined;

  static {
    querySet = (reads, query, cachedAs) => new QuerySet(reads, query, cachedAs);
  }

  /** @param query nobody else's: sets that refine it share its parts */
  private constructor(reads: Reads, query: EntityQuery, cachedAs?: CachedAs, filter?: Filter) {
    checkSuffix(reads.name, cachedAs?.suffix);
    this.#reads = reads;
    this.#given = query;
    this.#cachedAs = cachedAs;
    this.#filter = filter;
  }

  /**
   * Rows that match this as well. TypeORM's own `where`: an object is AND, an array is OR. What one filter says of related rows is
   * about one and the same of them, what two filters say may be about two.
   *
   * @throws {InvalidQueryError} for a second filter on one relation of a view without a key, and for what is no object
   */
  filter(where: Where<T>): QuerySet<T> {
    return this.#refined({}, this.#filtered().and(ownPart('filter()', 'filter', where)));
  }

  /**
   * The other rows: exactly those that `filter()` of this leaves out, with NULL in a compared column included, and of a filter on
   * related rows those that have none that matches it.
   *
   * @throws {InvalidQueryError} for a filter on a relation of a view without a key, and for what is no object
   */
  exclude(where: Where<T>): QuerySet<T> {
    return this.#refined({}, this.#filtered().andNot(ownPart('exclude()', 'filter', where)));
  }

  /** Replaces the order. @throws {InvalidQueryError} for what is no object */
  orderBy(order: FindOptionsOrder<T>): QuerySet<T> {
    return this.#refined({ order: ownPart('orderBy()', 'order', order) as NonNullable<EntityQuery['order']> });
  }

  /** At most so many rows. @param count rows, 0 or more @throws {InvalidQueryError} for anything but a whole number */
  limit(count: number): QuerySet<T> {
    return this.#refined({ take: wholeNumber('limit', count) });
  }

  /**
   * Leaves out the first rows; give an order, or which ones they are is up to the database.
   *
   * @param count rows, 0 or more
   * @throws {InvalidQueryError} for anything but a whole number
   */
  offset(count: number): QuerySet<T> {
    return this.#refined({ skip: wholeNumber('offset', count) });
  }

  /**
   * Loads only these properties; the others are absent from the entities, not `undefined` in the database. As TypeORM's `find` has it,
   * naming none of an entity's own columns means all of them, and a row of which all that is selected is NULL is left out.
   *
   * @throws {InvalidQueryError} for what is no object
   */
  select(select: FindOptionsSelect<T>): QuerySet<T> {
    return this.#refined({ select: ownPart('select()', 'selection', select) as NonNullable<EntityQuery['select']> });
  }

  /**
   * With soft-deleted rows, and those that are loaded along or filtered by, as TypeORM's `withDeleted: true` has it. Where an entity has
   * no delete date nothing changes.
   */
  withDeleted(): QuerySet<T> {
    return this.#refined({ withDeleted: true });
  }

  /**
   * Caches the refined set, for the manager's `listTimeout`.
   *
   * @param suffix names the entry, `<cacheKey>_<suffix>`, so that it can be cleared by name; without one, a stable name is derived
   *   from the query, the same for equal filters however they are written. Two queries under one suffix drop each other's entry (and say so in an `entry:mismatched` event).
   * @throws {InvalidQueryError} for a suffix that is no text
   */
  cache(suffix?: string): QuerySet<T> {
    return new QuerySet<T>(this.#reads, this.#given, { suffix, isList: false }, this.#filter);
  }

  /** TypeORM's query builder with this set's filter, order and joins, for everything else. Never cached. */
  createQueryBuilder(alias?: string): SelectQueryBuilder<T> {
    return this.#reads.queryBuilder(this.#query, alias) as SelectQueryBuilder<T>;
  }

  /** The first entity, or `null`. Cached, or ordered by many related rows: from the list. Refined: one query for one row. */
  async first(): Promise<T | null> {
    return this.at(0);
  }

  /**
   * The entity at a position, negative from the end, or `null`. Cached, or ordered by many related rows: from the list. Refined: one
   * query for one row.
   */
  async at(index: number): Promise<T | null> {
    wholeNumber('at', index, -Infinity);
    const { skip = 0, take = Infinity, order } = this.#query;
    // A row that is ordered by several related ones has several places to the database.
    const isListed = this.#cachedAs || this.#result || index < 0 || ordersByMany(this.#reads.metadata, order);
    if (isListed) return (await this.#evaluate()).at(index) ?? null;
    if (index >= take) return null;
    const [entity] = await this.#reads.load({ ...this.#query, skip: skip + index, take: 1 });
    return (entity as T | undefined) ?? null;
  }

  /**
   * How many. As `all()` returns it: the length of the cached list. Refined: `SELECT COUNT` of the rows, whatever is selected of them,
   * every time; told to `cache()`, the first time: an entry of its own, which lives for the manager's `listTimeout`, loads of up to 200 rows
   * the keys (1 query) and of more nothing (2 queries), is cleared with the list, and is the same for all its parts (limit, offset, pages) and
   * orders. A set that was awaited has counted its rows.
   */
  async count(): Promise<number> {
    if (this.#result || this.#cachedAs?.isList) return (await this.#evaluate()).length;
    const { skip = 0, take = Infinity } = this.#query;
    if (take === 0) return 0;
    return Math.min(Math.max((await this.#total()) - skip, 0), take);
  }

  /**
   * One page and how many rows there are on all of them. Of a cached set, as `all()` returns it or `cache()` names it, both are cached, an
   * entry for each page and one for the total, which all pages share and `count()`, too: 2 queries the first time, 3 where there are more than
   * 200 rows, then 0. They are not taken from the list, which is not loaded for it. The suffix clears all of them. Refined and not cached: 2
   * queries, every time. They are two statements, so a write in between may be in one of them only.
   *
   * Rows that are equal in the order, or all where there is none, are sorted by primary key, so that none is on two pages; where that is a
   * relation, their order is up to the database. Beyond the last page there are no items.
   *
   * @throws {InvalidQueryError} for a page or a size that is no whole number from 1 on, and of a set with a limit or an offset
   *
   * @example
   * const { items, total, pages } = await examples.all().filter({ isActive: true }).cache('active').page({ page: 2, size: 20 });
   */
  async page(options: PageOptions): Promise<Page<T>> {
    const part = partOf(options);
    checkWhole(this.#query);
    const { order: asked, ...query } = this.#query;
    const order = pageOrder(this.#reads.metadata, asked);
    const [items, total] = await this.#part(order ? { ...query, order } : query, part);
    return pageOf(part, items as T[], total);
  }

  /** Whether there is any. Cached: from the list or its count. Refined: one query for one row. */
  async exists(): Promise<boolean> {
    if (this.#cachedAs || this.#result) return (await this.count()) > 0;
    const { skip = 0, take = Infinity } = this.#query;
    if (take === 0) return false;
    return skip ? (await this.at(0)) !== null : this.#reads.exists(this.#query);
  }

  // oxlint-disable-next-line unicorn/no-thenable -- being awaitable is the point of a query set
  then<R = T[], E = never>(
    onFulfilled?: ((entities: T[]) => R | PromiseLike<R>) | null,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.#evaluate().then(onFulfilled, onRejected);
  }

  catch<E = never>(onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null): Promise<T[] | E> {
    return this.#evaluate().catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<T[]> {
    return this.#evaluate().finally(onFinally);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    yield* await this.#evaluate();
  }

  /**
   * What JSON.stringify asks for, and so a response that holds a set: it cannot wait, and an empty object would look like no rows.
   *
   * @throws {QsCacheError} always
   */
  toJSON(): never {
    const { name, metadata } = this.#reads;
    throw new QsCacheError(
      'QSCACHE_NOT_AWAITED',
      `A list of ${name} was to become JSON before it was loaded, so its ${metadata.name} rows would be missing. Await it: { items: await examples.all() }.`,
    );
  }

  /** @internal */
  [inspect.custom](): string {
    return `QuerySet(${this.#reads.metadata.name}, ${this.#result ? 'loaded' : 'not loaded'})`;
  }

  #evaluate(): Promise<T[]> {
    this.#result ??= (
      this.#cachedAs ? this.#reads.list(this.#cachedAs.suffix, this.#query) : this.#reads.load(this.#query)
    ) as Promise<T[]>;
    return this.#result;
  }

  #total(): Promise<number> {
    if (this.#cachedAs) return this.#reads.total(this.#cachedAs.suffix, this.#query);
    return this.#reads.count(countedQuery(this.#reads.metadata, this.#query));
  }

  async #part(query: EntityQuery, part: Part): Promise<[ObjectLiteral[], number]> {
    if (this.#cachedAs) return this.#reads.page(this.#cachedAs.suffix, query, part);
    return [await this.#reads.load({ ...query, ...part }), await this.#total()];
  }

  get #query(): EntityQuery {
    if (!this.#filter) return this.#given;
    const { where: _, ...rest } = this.#given;
    return { ...rest, ...this.#filter.query };
  }

  #filtered(): Filter {
    return this.#filter ?? Filter.of(this.#reads.metadata, this.#given.where);
  }

  #refined(change: EntityQuery, filter = this.#filter): QuerySet<T> {
    return new QuerySet<T>(this.#reads, { ...this.#given, ...change }, undefined, filter);
  }
}

function wholeNumber(what: string, count: number, least = 0): number {
  if (Number.isSafeInteger(count) && count >= least) return count;
  throw new InvalidQueryError(
    'QSCACHE_ROW_COUNT',
    `${what}(${typeof count === 'number' ? count : whatIs(count)}) counts no rows, so the database would reject or ignore it. Give a whole number${least ? '' : ', 0 or more'}.`,
  );
}
