import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { cellAt, reviveCell } from './cells.js';
import { type CompiledRows, compileRows, type RowFactory } from './compile-rows.js';
import type { Member } from './member.js';
import { recall, remember } from './origins.js';
import { insist } from './payload-errors.js';
import type { Payload, PayloadBlock } from './payload.js';
import { RecordShape } from './record-shape.js';
import { pack } from './values.js';

/** Makes entities of sets, a new instance wherever a row is referred to, as TypeORM does. */
export class PayloadReader {
  /** Each set is read once, however many columns refer to it. */
  readonly #sets: { readonly metadata: EntityMetadata; readonly make: RowFactory }[] = [];
  readonly #compiled: (() => void)[] = [];

  constructor(
    private readonly metadata: EntityMetadata,
    /** Checked: its numbers are true. */
    private readonly payload: Payload,
    /** Whether what is read will be written again. */
    private readonly retraces: boolean,
  ) {}

  read(): ObjectLiteral[] {
    const make = this.#rows(0, this.metadata);
    const [order] = this.payload[0]!;
    const count = typeof order === 'number' ? order : order.length;
    const entities: ObjectLiteral[] = [];
    for (let row = 0; row < count; row++) entities.push(make(row));
    // Not before: what came from a store may have been of no use.
    for (const remembered of this.#compiled) remembered();
    return entities;
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
    const factories = blocks.map((block) => this.#blockRows(block, metadata, number === 0));
    if (typeof order === 'number') return factories[0]!;
    const counts = blocks.map(() => 0);
    const places = order.map((block) => counts[block]!++);
    return (row) => factories[order[row]!]!(places[row]!);
  }

  #blockRows([layout, kinds, columns, related]: PayloadBlock, metadata: EntityMetadata, isRoot: boolean): RowFactory {
    const shape = RecordShape.of(metadata).family[Number.parseInt(layout)];
    insist(shape, 'has rows of a class that there is not');
    let compiled = shape.compiled(layout, kinds, isRoot);
    if (!compiled) {
      const made = (compiled = compileRows(shape, layout, kinds, isRoot));
      this.#compiled.push(() => shape.remember(layout, kinds, isRoot, made));
    }
    const others = related.map((number, place) => this.#rows(number, compiled.related[place]!));
    const make = compiled.bind(columns, others);
    return this.retraces ? retraced(compiled, kinds, columns, make) : make;
  }
}

/** Copies that a load makes of entities are written like these: what was seen of the one holds for the other. */
function retraced(
  { hidden }: CompiledRows,
  kinds: PayloadBlock[1],
  columns: PayloadBlock[2],
  make: RowFactory,
): RowFactory {
  return (row) => {
    const entity = make(row);
    recall(entity);
    for (const { member, place } of hidden) {
      const cell = place === undefined ? pack(undefined) : cellAt({ kind: kinds[place]!, cells: columns[place]! }, row);
      const hasSetter = member.group.accessors.has(member);
      remember(entity, member.path, {
        value: hasSetter ? reviveCell(cell, member.transform) : valueAt(entity, member),
        cell,
      });
    }
    return entity;
  };
}

function valueAt(entity: ObjectLiteral, { path }: Member): unknown {
  return path.split('.').reduce((at: unknown, name) => (at as ObjectLiteral)[name] as unknown, entity);
}
