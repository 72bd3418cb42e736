import type { EntityMetadata } from 'typeorm';
import { column, isReference } from './cells.js';
import type { Member } from './member.js';
import type { Origins } from './origins.js';
import type { PayloadSet, PayloadTable } from './payload.js';
import type { RecordShape } from './record-shape.js';
import { refusal } from './refusal.js';
import { tagOf, type Packed } from './values.js';

/** One entity, packed. */
export interface Row {
  readonly shape: RecordShape;
  /** Every own property in its own order, so that absent stays absent, undefined stays undefined and JSON reads the same. */
  layout: string;
  readonly members: Member[];
  readonly cells: Packed[];
  readonly origins: Origins | undefined;
}

/** Rows that have the same properties. */
interface RowSet {
  readonly number: number;
  readonly shape: RecordShape;
  readonly members: readonly Member[];
  readonly rows: Packed[][];
}

/** The rows of one relation path. */
export class Table {
  readonly related = new Map<Member, Table>();
  readonly #sets = new Map<string, RowSet>();
  readonly #order: number[] = [];
  readonly #known = new Map<string, number>();

  constructor(
    readonly number: number,
    readonly metadata: EntityMetadata,
  ) {}

  get shapes(): RecordShape[] {
    return [...this.#sets.values()].map(({ shape }) => shape);
  }

  /** Adds the row and returns its number. */
  add({ layout, shape, members, cells }: Row): number {
    let set = this.#sets.get(layout);
    if (!set) this.#sets.set(layout, (set = { number: this.#sets.size, shape, members, rows: [] }));
    set.rows.push(cells);
    return this.#order.push(set.number) - 1;
  }

  /** As `add`, once for equal rows: a related row repeats under every parent that has it. */
  addOnce(row: Row): number {
    const key = row.layout + JSON.stringify(row.cells);
    let number = this.#known.get(key);
    if (number === undefined) this.#known.set(key, (number = this.add(row)));
    return number;
  }

  finish(shapes: ReadonlyMap<string, number>): PayloadTable {
    const sets = [...this.#sets].map(([layout, { shape, members, rows }]): PayloadSet => {
      const columns = members.map((member, place) => {
        const finished = column(rows.map((cells) => cells[place]));
        if (finished.kind === 'data' && finished.cells.some(refersToRows)) {
          throw refusal(shape.metadata, member.path, 'entities in some rows and ids in others');
        }
        return finished;
      });
      return [
        shapes.get(shape.fingerprint)!,
        layout,
        columns.map(({ kind }) => kind),
        columns.map(({ cells }) => cells),
        members
          .filter((_, place) => isReference(columns[place]!.kind))
          .map((member) => this.related.get(member)!.number),
      ];
    });
    // Where no column tells how many there are, a number alone is not to be believed.
    const isTold = sets.length === 0 || (sets.length === 1 && sets[0]![3].length > 0);
    return [isTold ? this.#order.length : this.#order, sets];
  }
}

function refersToRows(cell: Packed): boolean {
  const [kind, form] = tagOf(cell) ?? [];
  return kind === 'one' || (kind === 'many' && (form as number[]).length > 0);
}
