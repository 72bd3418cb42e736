import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { type CompiledRows, compileRows, type RowFactory } from './compile-rows.js';
import { insist } from './payload-errors.js';
import type { Payload, PayloadBlock } from './payload.js';
import { RecordShape } from './record-shape.js';

/** A block whose columns have been bound. */
export interface BoundBlock {
  readonly block: PayloadBlock;
  readonly shape: RecordShape;
  readonly compiled: CompiledRows;
  readonly make: RowFactory;
}

export interface ReadOptions {
  /** Whether every row of the set is made once only. */
  readonly isFresh: (set: number) => boolean;
  /** What becomes of the entities of a block. */
  readonly finish?: ((bound: BoundBlock) => RowFactory) | undefined;
}

/** Makes entities of sets, a new instance wherever a row is referred to, as TypeORM does. */
export class PayloadReader {
  /** Each set is read once, however many columns refer to it. */
  readonly #sets: { readonly metadata: EntityMetadata; readonly make: RowFactory }[] = [];
  #compiled: (() => void)[] = [];
  readonly #root: RowFactory;

  /** @throws {CorruptPayloadError} */
  constructor(
    metadata: EntityMetadata,
    /** Checked: its numbers are true. */
    private readonly payload: Payload,
    private readonly options: ReadOptions,
  ) {
    this.#root = this.#rows(0, metadata);
  }

  /** The entities, as often as is asked. */
  read(): ObjectLiteral[] {
    const make = this.#root;
    const [order] = this.payload[0]!;
    const count = typeof order === 'number' ? order : order.length;
    const entities: ObjectLiteral[] = [];
    for (let row = 0; row < count; row++) entities.push(make(row));
    if (this.#compiled.length > 0) this.remember();
    return entities;
  }

  /** Keeps what was compiled for the next payload. Not before it was of use: this one came from a store. */
  remember(): void {
    for (const remembered of this.#compiled) remembered();
    this.#compiled = [];
  }

  #rows(number: number, metadata: EntityMetadata): RowFactory {
    const known = this.#sets[number];
    if (known) {
      insist(known.metadata === metadata, `has rows that are both ${known.metadata.name} and ${metadata.name}`);
      return known.make;
    }
    const make = this.#setRows(number, metadata);
    this.#sets[number] = { metadata, make };
    return make;
  }

  #setRows(number: number, metadata: EntityMetadata): RowFactory {
    const [order, blocks] = this.payload[number]!;
    const isFresh = this.options.isFresh(number);
    const factories = blocks.map((block) => this.#blockRows(block, metadata, isFresh));
    if (typeof order === 'number') return factories[0]!;
    const counts = blocks.map(() => 0);
    const places = order.map((block) => counts[block]!++);
    return (row) => factories[order[row]!]!(places[row]!);
  }

  #blockRows(block: PayloadBlock, metadata: EntityMetadata, isFresh: boolean): RowFactory {
    const [layout, kinds, columns, related] = block;
    const shape = RecordShape.of(metadata).family[Number.parseInt(layout)];
    insist(shape, 'has rows of a class that there is not');
    let compiled = shape.compiled(layout, kinds, isFresh);
    if (!compiled) {
      const made = (compiled = compileRows(shape, layout, kinds, isFresh));
      this.#compiled.push(() => shape.remember(layout, made));
    }
    const metadatas = compiled.related;
    const others = related.map((number, place) => this.#rows(number, metadatas[place]!));
    const make = compiled.bind(columns, others);
    return this.options.finish?.({ block, shape, compiled, make }) ?? make;
  }
}
