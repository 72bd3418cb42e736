import { QsCacheError } from '../errors.js';

/**
 * A payload that is not what `encode` wrote: truncated, altered or somebody else's. The reader loads from the database instead.
 *
 * @internal
 */
export class CorruptPayloadError extends QsCacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('QSCACHE_CORRUPT_PAYLOAD', message, options);
  }
}

/**
 * A payload written for entities of another shape: by a release before or after this one. Expected during a deploy; the reader
 * loads from the database instead.
 *
 * @internal
 */
export class ShapeMismatchError extends QsCacheError {
  constructor(message: string) {
    super('QSCACHE_SHAPE_MISMATCH', message);
  }
}
