import { Buffer } from 'node:buffer';
import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { RowFactory } from './compile-rows.js';
import { checkPayload } from './payload-check.js';
import { readAs } from './payload-errors.js';
import { PayloadReader } from './payload-reader.js';
import { parsePayload } from './payload-text.js';
import { bytesOfInstances, bytesOfPayload } from './payload-size.js';
import type { Payload, PayloadBlock } from './payload.js';
import { shareRows } from './shared-rows.js';

/**
 * A payload parsed, checked and bound once, to be read many times.
 *
 * @internal
 */
export class Reading {
  readonly #payload: Payload;
  readonly #reader: PayloadReader;
  /** How to make the rows of each block. */
  readonly #rows = new Map<PayloadBlock, RowFactory>();
  /** The engine keeps such texts, which most are, in half the memory. */
  readonly #isAscii: boolean;
  #payloadBytes: number | undefined;
  #shared: readonly ObjectLiteral[] | undefined;

  /** @throws {CorruptPayloadError} when the payload is anything else than `encode` wrote */
  constructor(
    private readonly metadata: EntityMetadata,
    payload: string,
  ) {
    this.#isAscii = Buffer.byteLength(payload) === payload.length;
    this.#payload = readAs(metadata, () => checkPayload(parsePayload(payload), payload.length));
    this.#reader = this.#readerOf(this.#payload);
  }

  /** By itself: what is kept here would keep all that is known where it was made, and so the text. */
  #readerOf(payload: Payload): PayloadReader {
    const finish = ({ block, make }: { block: PayloadBlock; make: RowFactory }) => {
      this.#rows.set(block, make);
      return make;
    };
    return readAs(this.metadata, () => new PayloadReader(this.metadata, payload, { isFresh: () => false, finish }));
  }

  /**
   * New instances, not yet seen by `@AfterLoad`, that share nothing with those of another call.
   *
   * @throws {CorruptPayloadError} when a constructor, a setter or a transformer fails
   */
  entities(): ObjectLiteral[] {
    return readAs(this.metadata, () => this.#reader.read());
  }

  /**
   * The same instances at every call, and nobody can change them: writing to one throws, also to what is inside of it. Rows that are
   * equal and related to several are one instance. What cannot be frozen is made anew whenever it is read: bytes, objects that a
   * transformer or a constructor made, and what a lazy relation loads.
   *
   * Not for those who have `@AfterLoad` or subscribers that hear of loads, since these write to what they are told of.
   *
   * @throws {UnsupportedValueError} where a class has setters, because what they write to is hidden
   * @throws {CorruptPayloadError} when a constructor or a transformer fails
   */
  shared(): readonly ObjectLiteral[] {
    return (this.#shared ??= readAs(this.metadata, () => {
      const finish = shareRows(this.#rows);
      const shared = new PayloadReader(this.metadata, this.#payload, { isFresh: () => true, finish }).read();
      this.#reader.remember();
      return Object.freeze(shared);
    }));
  }

  /** An estimate of the memory this keeps; once there are shared instances, with them. */
  get bytes(): number {
    this.#payloadBytes ??= bytesOfPayload(this.#payload, this.#isAscii);
    return this.#payloadBytes + (this.#shared ? bytesOfInstances(this.#payload) : 0);
  }
}
