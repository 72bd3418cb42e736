import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { UnsupportedValueError } from '../errors.js';
import { safeError } from '../events/safe-error.js';
import { checkPayload, hasTooManyBlocks, repeatsTooMuch } from './payload-check.js';
import { readAs, refusal } from './payload-errors.js';
import { parsePayload, payloadText } from './payload-text.js';
import { PayloadReader, type ReadOptions } from './payload-reader.js';
import { PayloadWriter } from './payload-writer.js';
import { Reading } from './reading.js';
import { RecordShape } from './record-shape.js';
import { retraced } from './retraced.js';
import { forgetShapeHashes, shapeHash } from './shape-hash.js';

/** Entities as text. */
export interface Written {
  readonly payload: string;
  /** A property in it that its manager lets into no entry. */
  readonly keptOut: string | undefined;
}

/**
 * Entities of one type, with whatever relations are loaded, as text and back: what comes out equals what went in, property for
 * property, or an error says that it cannot.
 *
 * @internal
 */
export class EntityCodec {
  constructor(private readonly metadata: EntityMetadata) {}

  /**
   * Encodes entities as a select with `callListeners(false)` returned them.
   *
   * @throws {UnsupportedValueError} when a value could not come back as it is
   */
  encode(entities: readonly ObjectLiteral[]): string {
    return this.write(entities).payload;
  }

  /**
   * As `encode`, for a payload that leaves this process.
   *
   * @throws {UnsupportedValueError}
   */
  write(entities: readonly ObjectLiteral[]): Written {
    try {
      const writer = new PayloadWriter(this.metadata, true);
      const written = writer.write(entities);
      const { keptOut } = writer;
      if (hasTooManyBlocks(written)) throw refusal(this.metadata, '', 'rows of too many different properties');
      const payload = payloadText(written);
      if (!repeatsTooMuch(written, payload.length)) return { payload, keptOut };
      return { payload: payloadText(new PayloadWriter(this.metadata, false).write(entities)), keptOut };
    } catch (error) {
      // The engine's own limits: the depth of the stack, the length of a string.
      if (!(error instanceof RangeError)) throw error;
      throw new UnsupportedValueError(
        `This result of ${this.metadata.name} is too large or too deeply nested to be written as one text (${safeError(error).message}), ` +
          'so it is not cached. Limit the query, or select fewer relations.',
      );
    }
  }

  /**
   * Decodes what `encode` wrote to new instances, not yet seen by `@AfterLoad`. Whether it was for the same shape its entry says.
   *
   * @throws {CorruptPayloadError} when it is anything else
   */
  decode(payload: string): ObjectLiteral[] {
    return this.#read(payload);
  }

  /**
   * As `decode`, for entities that are handed out more than once.
   *
   * @throws {CorruptPayloadError}
   */
  reading(payload: string): Reading {
    return new Reading(this.metadata, payload);
  }

  /** As `decode`, for copies that take their place among loaded entities: they can be encoded like those. */
  copy(payload: string): ObjectLiteral[] {
    return this.#read(payload, retraced);
  }

  /** What an entry's payload was written for: for another one it means something else. May change when a property is kept out. */
  get shapeHash(): string {
    return shapeHash(this.metadata);
  }

  /** From now on `write` tells of this property. `false` if the entity has none of the name. */
  keepOut(path: string): boolean {
    // A row of a subclass has it, too.
    const known = RecordShape.of(this.metadata).family.map((shape) => shape.keepOut(path));
    forgetShapeHashes();
    return known[0]!;
  }

  #read(payload: string, finish?: ReadOptions['finish']): ObjectLiteral[] {
    return readAs(this.metadata, () => {
      const written = checkPayload(parsePayload(payload), payload.length);
      return new PayloadReader(this.metadata, written, { isFresh: isRoot, finish }).read();
    });
  }
}

/** Of the set of the entities asked for every row is made once; others may be referred to by several. */
const isRoot = (set: number): boolean => set === 0;

const codecs = new WeakMap<EntityMetadata, EntityCodec>();

/** The one codec of an entity; what it needs to know of the metadata is worked out on first use. */
export function entityCodec(metadata: EntityMetadata): EntityCodec {
  let codec = codecs.get(metadata);
  if (!codec) codecs.set(metadata, (codec = new EntityCodec(metadata)));
  return codec;
}
