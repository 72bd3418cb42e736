/**
 * The base of every error this library throws. `code` is stable and starts with `QSCACHE_`; the message says what happened,
 * why it matters and what to do.
 *
 * @publicApi
 */
export class QsCacheError extends Error {
  constructor(
    /** A stable, greppable name of the kind of error. */
    readonly code: `QSCACHE_${string}`,
    message: string,
    options?: ErrorOptions,
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
export class InvalidConfigurationError extends QsCacheError {}

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
export class InvalidQueryError extends QsCacheError {}

/**
 * An identifier no row can have (`undefined`, `NaN`, a composite key with a part missing), so asking the database would
 * return some other row. Thrown by `get()`, `getMany()`, `getDetailCacheKey()` and `clearCacheDetail()`.
 *
 * @publicApi
 */
export class InvalidIdentifierError extends InvalidQueryError {
  constructor(message: string, options?: ErrorOptions) {
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
 * A value the codec cannot bring back as it was. Never reaches a caller: the result is served from the database, not cached,
 * and reported as an `entry:skipped` event.
 *
 * @internal
 */
export class UnsupportedValueError extends QsCacheError {
  constructor(message: string) {
    super('QSCACHE_UNSUPPORTED_VALUE', message);
  }
}

/**
 * The store failed, refused or did not answer within its budget. Never reaches a caller of a read: the database answers
 * instead, and a `store:failed` event carries this. Neither its message nor its cause quotes what the store was given.
 *
 * @internal
 */
export class StoreError extends QsCacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('QSCACHE_STORE_FAILED', message, options);
  }
}
