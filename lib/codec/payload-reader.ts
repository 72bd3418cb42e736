import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { compileRows, type RowFactory } from './compile-rows.js';
import { CorruptPayloadError, ShapeMismatchError } from './payload-errors.js';
import type { Payload, PayloadSet } from './payload.js';
import { RecordShape } from './record-shape.js';
import { retraced } from './retrace.js';

/** Makes entities of tables, a new instance wherever a row is referred to, as TypeORM does. */
export class PayloadReader {
  /** Each table is read once, however many columns refer to it. */
  readonly #tables: { readonly metadata: EntityMetadata; readonly make: RowFactory }[] = [];
  readonly #compiled: (() => void)[] = [];

  constructor(
    private readonly metadata: EntityMetadata,
    /** Checked: its numbers are true. */
    private readonly payload: Payload,
    /** Whether what is read will be written again. */
    private readonly retraces: boolean,
  ) {}

  read(): ObjectLiteral[] {
    const [shapes, tables] = this.payload;
    // Even without a row: an empty list of another entity, or of a former release, is not this one's.
    verify(RecordShape.of(this.metadata), shapes[0]);
    const make = this.#rows(0, this.metadata);
    const [order] = tables[0]!;
    const count = typeof order === 'number' ? order : order.length;
    const entities: ObjectLiteral[] = [];
    for (let row = 0; row < count; row++) entities.push(make(row));
    // Not before: what came from a store may have been of no use.
    for (const remember of this.#compiled) remember();
    return entities;
  }

  #rows(number: number, metadata: EntityMetadata): RowFactory {
    const known = this.#tables[number];
    if (known?.metadata === metadata) return known.make;
    if (known)
      throw new CorruptPayloadError(`The payload has rows that are both ${known.metadata.name} and ${metadata.name}.`);
    const make = this.#tableRows(number, metadata);
    this.#tables[number] = { metadata, make };
    return make;
  }

  #tableRows(number: number, metadata: EntityMetadata): RowFactory {
    const [order, sets] = this.payload[1][number]!;
    const factories = sets.map((set) => this.#setRows(set, metadata, number === 0));
    if (typeof order === 'number') return factories[0]!;
    const counts = sets.map(() => 0);
    const places = order.map((set) => counts[set]!++);
    return (row) => factories[order[row]!]!(places[row]!);
  }

  #setRows(
    [number, layout, kinds, columns, tables]: PayloadSet,
    metadata: EntityMetadata,
    isRoot: boolean,
  ): RowFactory {
    const shape = RecordShape.of(metadata).family[Number.parseInt(layout)];
    verify(shape, this.payload[0][number]);
    let compiled = shape.compiled(layout, kinds, isRoot);
    if (!compiled) {
      const made = (compiled = compileRows(shape, layout, kinds, isRoot));
      this.#compiled.push(() => shape.remember(layout, kinds, isRoot, made));
    }
    const related = tables.map((table, place) => this.#rows(table, compiled.related[place]!));
    const make = compiled.bind(columns, related);
    return this.retraces ? retraced(compiled, kinds, columns, make) : make;
  }
}

/** Characters of a shape's name in a message: it may be anybody's text. */
const LONGEST_NAME = 80;

function verify(shape: RecordShape | undefined, written: string | undefined): asserts shape {
  if (shape?.fingerprint === written && written !== undefined) return;
  throw new ShapeMismatchError(
    `The payload holds ${String(written).slice(0, LONGEST_NAME)} and this release has ${shape?.fingerprint}, so it is loaded again. Expected during a deploy.`,
  );
}
