import type { EntityMetadata } from 'typeorm';
import { QsCacheError, UnsupportedValueError } from '../errors.js';

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
