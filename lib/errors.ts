/** What is wrong with a module, manager or option. @publicApi */
export type ConfigurationErrorCode =
  /** A `cacheKey` that cannot name entries: empty, no text, or with spaces. */
  | 'QSCACHE_CACHE_KEY'
  /** A clear decorator that names nothing to clear, or what is neither manager, key nor function; with an option there is none of, or of another kind. */
  | 'QSCACHE_DECORATOR_TARGET'
  /** Two managers with one `cacheKey`, or one manager on two DataSources. */
  | 'QSCACHE_DUPLICATE_CACHE_KEY'
  /** A model or table target that no DataSource knows. */
  | 'QSCACHE_ENTITY_NOT_REGISTERED'
  /** A listener for what is no event, or that is no function. Thrown where it is added. */
  | 'QSCACHE_EVENT'
  /** An `exceptionClass` that is no class. */
  | 'QSCACHE_EXCEPTION_CLASS'
  /** A `forFeature` of what is no list of manager classes. Thrown where it is called. */
  | 'QSCACHE_MANAGER_CLASS'
  /** A field of a manager that holds another kind of value than it takes, or whose name is nearly that of one. */
  | 'QSCACHE_MANAGER_FIELD'
  /** A manager that no module registers, or that is used before Nest has injected it. */
  | 'QSCACHE_MANAGER_NOT_REGISTERED'
  /** A manager that is built anew for each request, or each user of it. */
  | 'QSCACHE_MANAGER_SCOPE'
  /** A manager without a `model`. */
  | 'QSCACHE_MODEL_MISSING'
  /** `neverCache` with a property the entity does not have. */
  | 'QSCACHE_NEVER_CACHE'
  /** No CACHE_MANAGER, no `redis` and no `store`: nowhere to keep entries. */
  | 'QSCACHE_NO_CACHE_MANAGER'
  /** No initialized DataSource of that name. */
  | 'QSCACHE_NO_DATA_SOURCE'
  /** An option of `forRoot` out of its range, or one of `forRoot` or `forFeature` that there is none of; options that are no object. */
  | 'QSCACHE_OPTION'
  /** `prefetchRelatedObjects` on an entity without a primary key that is selected. */
  | 'QSCACHE_PREFETCH_WITHOUT_KEY'
  /** More than one `forRoot`, or one that comes when the cache has its options. */
  | 'QSCACHE_ROOT'
  /** A `scope` that is no method, or answers with anything but a text or `undefined`. */
  | 'QSCACHE_SCOPE'
  /** A `scope()` that asks for itself. */
  | 'QSCACHE_SCOPE_CIRCLE'
  /** A shared manager's entities have code that writes to them: an `@AfterLoad`, a setter. */
  | 'QSCACHE_SHARED'
  /** A timeout of a manager, or what it allows beyond one (`staleWhileRevalidate`), that is no time; a `timeoutJitter` that is no share. */
  | 'QSCACHE_TIMEOUT'
  /** A manager, a module or a clear decorator of another copy of this library than the rest of the application. */
  | 'QSCACHE_TWO_COPIES'
  /** A key for `@ClearCacheKeys` that is no manager's. Told by a `clear:failed` event. */
  | 'QSCACHE_UNKNOWN_KEY'
  /** A `redis` that is no client this library knows. */
  | 'QSCACHE_UNKNOWN_REDIS_CLIENT'
  /** A path in `relatedObjects` or `prefetchRelatedObjects` that is no relation. */
  | 'QSCACHE_UNKNOWN_RELATION'
  /** A DataSource whose driver does not report its statements. */
  | 'QSCACHE_UNSUPPORTED_DRIVER'
  /** A package this library works with, in a version it was not made for. */
  | 'QSCACHE_UNSUPPORTED_VERSION'
  /** A manager that reads a view without `dependsOn`. */
  | 'QSCACHE_VIEW_WITHOUT_TABLES';

/** What is wrong with a call. @publicApi */
export type QueryErrorCode =
  /** `QsCache.clear()` of nothing, or of what is no entity of the application and no name of a table. */
  | 'QSCACHE_CLEAR_TARGET'
  /** A `using()` of what is no EntityManager. */
  | 'QSCACHE_ENTITY_MANAGER'
  /** A second filter on a relation of a view without a key. */
  | 'QSCACHE_FILTER_WITHOUT_KEY'
  /** An identifier no row can have. */
  | 'QSCACHE_INVALID_IDENTIFIER'
  /** Options of a call that are no object, one that there is not, or a `cache` that is no boolean. */
  | 'QSCACHE_OPTIONS'
  /** A `page()` or its size that is no whole number from 1 on, or a page of a set that has a limit or an offset. */
  | 'QSCACHE_PAGE'
  /** A filter, order or selection that is no object. */
  | 'QSCACHE_QUERY'
  /** A query nested too deeply, or that holds itself. */
  | 'QSCACHE_QUERY_TOO_DEEP'
  /** A `limit`, `offset` or position that is no whole number. */
  | 'QSCACHE_ROW_COUNT'
  /** A suffix that is no text. */
  | 'QSCACHE_SUFFIX';

/** Every `code` there is; new ones may come with any release. @publicApi */
export type QsCacheErrorCode =
  | ConfigurationErrorCode
  | QueryErrorCode
  /** A read that leads back to itself. */
  | 'QSCACHE_CIRCULAR_READ'
  /** A stored text that was cut or altered. Told by an `entry:corrupt` event. */
  | 'QSCACHE_CORRUPT_ENTRY'
  /** A stored text that nobody of this library wrote as it is. Told by an `entry:corrupt` event. */
  | 'QSCACHE_CORRUPT_PAYLOAD'
  /** A query set that was to become JSON before it was awaited. */
  | 'QSCACHE_NOT_AWAITED'
  /** The store failed, refused or was too slow. Told by a `store:failed` event. */
  | 'QSCACHE_STORE_FAILED'
  /** A value that would not come back from the cache as it is. Told by an `entry:skipped` event. */
  | 'QSCACHE_UNSUPPORTED_VALUE'
  /** With `onStoreDown: 'reject'`: a write the store could not be told of, and which was not sent. */
  | 'QSCACHE_WRITE_REFUSED';

/** Why the store did not do what it was asked to. @publicApi */
export type StoreFailure =
  /** It did not answer within its budget. */
  | 'late'
  /** There is no connection to it. */
  | 'unreachable'
  /** It answered that it cannot serve anybody now: it is loading, full, read-only, without its replicas, or wants another password. */
  | 'unable'
  /** It answered that it will not do this: something else stands under a key, or it is a store that fails in words of its own. */
  | 'refused'
  /** It was not asked: it has failed a moment ago, and whether it is back is being found out. */
  | 'not asked';

/** What ES2022 calls ErrorOptions: an application's `lib` may be older. */
type Cause = { readonly cause?: unknown };

/**
 * The base of every error this library throws. `code` is stable and starts with `QSCACHE_`; the message says what happened,
 * why it matters and what to do.
 *
 * @publicApi
 */
export class QsCacheError extends Error {
  constructor(
    /** A stable, greppable name of the kind of error. */
    readonly code: QsCacheErrorCode,
    message: string,
    options?: Cause,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * A module, manager or option that cannot work: a mistake in the application, whatever it is asked. Thrown while the application boots;
 * what only shows later, such as a `scope()` that returns no text or a manager nobody registered, is thrown by every call that needs it.
 *
 * @publicApi
 */
export class InvalidConfigurationError extends QsCacheError {
  declare readonly code: ConfigurationErrorCode;

  constructor(code: ConfigurationErrorCode, message: string, options?: Cause) {
    super(code, message, options);
  }
}

/**
 * A call was given what cannot be asked for: a suffix that is no text, a filter that is no object, one nested too deeply. Nothing was
 * read or cleared. Where a client's request brought it, answer 400: what else is wrong with a query says TypeORM's own error.
 *
 * @example
 * @Catch(InvalidQueryError) // identifiers included
 * export class InvalidQueryFilter implements ExceptionFilter {
 *   catch(error: InvalidQueryError, host: ArgumentsHost) {
 *     host.switchToHttp().getResponse<Response>().status(400).json({ message: error.message });
 *   }
 * }
 *
 * @publicApi
 */
export class InvalidQueryError extends QsCacheError {
  declare readonly code: QueryErrorCode;

  constructor(code: QueryErrorCode, message: string, options?: Cause) {
    super(code, message, options);
  }
}

/**
 * An identifier no row can have (`undefined`, `NaN`, a composite key with a part missing), so asking the database would
 * return some other row. Thrown by `get()`, `getMany()`, `getDetailCacheKey()` and `clearCacheDetail()`.
 *
 * @publicApi
 */
export class InvalidIdentifierError extends InvalidQueryError {
  constructor(message: string, options?: Cause) {
    super('QSCACHE_INVALID_IDENTIFIER', message, options);
  }
}

/**
 * A read that leads back to itself: a listener, subscriber, constructor or transformer of what it reads reads it again, without end.
 * Reaches whoever made the innermost read.
 *
 * @example
 * @AfterLoad()
 * async load() { this.again = await examples.get(this.id); } // each copy reads the next one: get(1) rejects with it
 *
 * @publicApi
 */
export class CircularReadError extends QsCacheError {
  constructor(key: string, way: readonly string[]) {
    super(
      'QSCACHE_CIRCULAR_READ',
      `"${key}" is read from inside of its own reading, again and again, so none of the reads could come to an end (${way.join(' > ')}). ` +
        'Look for what reads through a manager in an @AfterLoad, a subscriber, a constructor or a transformer of this entity: read something else there, or turn round when you are inside already.',
    );
  }
}

/**
 * A value that would not come back from the cache as it is: an instance of a class without a transformer, a function, a circle. Nobody
 * who reads is thrown this: the result is served from the database and not cached, and an `entry:skipped` event tells its message.
 *
 * @publicApi
 */
export class UnsupportedValueError extends QsCacheError {
  constructor(message: string) {
    super('QSCACHE_UNSUPPORTED_VALUE', message);
  }
}

/**
 * The store failed, refused or did not answer within its budget. Nobody who reads or writes is thrown this: the database answers
 * instead, and a `store:failed` event carries it. Neither its message nor its cause quotes what the store was given.
 *
 * @example
 * events.on('store:failed', ({ operation, error }) => {
 *   if (error instanceof StoreError) this.alerts.raise(`${operation}: ${error.message}`); // costs no query
 * });
 *
 * @publicApi
 */
export class StoreError extends QsCacheError {
  constructor(
    message: string,
    /** What kind of failure it is. */
    readonly reason: StoreFailure,
    options?: Cause,
  ) {
    super('QSCACHE_STORE_FAILED', message, options);
  }
}

/**
 * A statement that was not sent, since the store could not be told before it that it would write: with `onStoreDown: 'reject'` only.
 * Nothing was written. Thrown to whoever made the statement, a `COMMIT` for a transaction, which is rolled back as usual. Its `cause`
 * is the `StoreError`.
 *
 * @example
 * @Catch(WriteRefusedError)
 * export class WriteRefusedFilter implements ExceptionFilter {
 *   catch(error: WriteRefusedError, host: ArgumentsHost) {
 *     host.switchToHttp().getResponse<Response>().status(503).json({ message: error.message }); // costs no query
 *   }
 * }
 *
 * @publicApi
 */
export class WriteRefusedError extends QsCacheError {
  constructor(tables: readonly string[], options: Cause) {
    super(
      'QSCACHE_WRITE_REFUSED',
      `A write to ${tables.join(', ')} was not sent: the store could not be told of it, so other processes might have gone on serving what it changes. ` +
        "Nothing was written. Try again when the store can be reached, or set onStoreDown: 'queue' to write all the same.",
      options,
    );
  }
}
