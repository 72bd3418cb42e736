import type { EntityMetadata } from 'typeorm';
import { QsCacheError, UnsupportedValueError } from '../errors.js';
import { safeError } from '../events/safe-error.js';

/**
 * A payload that is not what `encode` wrote: altered or somebody else's. The reader loads from the database instead.
 *
 * @internal
 */
export class CorruptPayloadError extends QsCacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('QSCACHE_CORRUPT_PAYLOAD', message, options);
  }
}

/** @throws {CorruptPayloadError} */
export function insist(holds: unknown, otherwise: string): asserts holds {
  if (holds) return;
  throw new CorruptPayloadError(`The payload ${otherwise}, so nobody of ours wrote it; it is loaded again.`);
}

/**
 * What a payload is read as.
 *
 * @throws {CorruptPayloadError} for whatever stops it, but for what is not supported at all
 */
export function readAs<T>({ name }: EntityMetadata, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof CorruptPayloadError || error instanceof UnsupportedValueError) throw error;
    // JSON.parse quotes what it cannot read, a transformer perhaps too.
    const cause = safeError(error);
    throw new CorruptPayloadError(
      `The payload of ${name} cannot be read (${cause.message}), so it is loaded again. ` +
        'Is a constructor, a setter or a transformer failing?',
      { cause },
    );
  }
}

/** Says which property of which entity cannot be cached, and what would help. */
export function refusal(metadata: EntityMetadata, path: string, holds: string): UnsupportedValueError {
  const where = path ? `${metadata.name}.${path}` : metadata.name;
  return new UnsupportedValueError(
    `${where} holds ${holds}, which would not come back from the cache as it is, so the result is not cached. ` +
      'Keep to plain data, or let a transformer make the value of plain data.',
  );
}

export function describeValue(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const prototype = Object.getPrototypeOf(value) as { constructor?: unknown } | null;
  const type = prototype?.constructor;
  return typeof type === 'function' ? `an instance of ${type.name}` : 'an object without a class';
}
