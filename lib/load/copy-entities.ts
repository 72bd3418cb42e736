import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { entityCodec } from '../codec/entity-codec.js';
import { CorruptPayloadError } from '../codec/payload-errors.js';
import { UnsupportedValueError } from '../errors.js';

/**
 * One row may be the parent several times, and TypeORM makes an instance each time it occurs: a shared one would be changed for all,
 * and heard by `@AfterLoad` once for each. Of what the codec cannot copy the answer is `undefined`.
 */
export function copier(metadata: EntityMetadata): (value: unknown) => unknown {
  const codec = entityCodec(metadata);
  const payloads = new Map<unknown, string>();
  return (value) => {
    if (value === null) return value;
    try {
      const entities = [value].flat() as ObjectLiteral[];
      if (!payloads.has(value)) payloads.set(value, codec.encode(entities));
      const copies = codec.copy(payloads.get(value)!);
      return Array.isArray(value) ? copies : copies[0];
    } catch (error) {
      if (error instanceof UnsupportedValueError || error instanceof CorruptPayloadError) return undefined;
      throw error;
    }
  };
}
