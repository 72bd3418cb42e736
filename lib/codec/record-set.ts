import type { EntityMetadata } from 'typeorm';
import { column, isReference } from './cells.js';
import type { Member } from './member.js';
import type { Origins } from './origins.js';
import { refusal } from './payload-errors.js';
import type { PayloadBlock, PayloadSet } from './payload.js';
import type { RecordShape } from './record-shape.js';
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
interface Block {
  readonly number: number;
  readonly shape: RecordShape;
  readonly members: readonly Member[];
  readonly rows: Packed[][];
}

/** The rows of one relation path. */
export class RecordSet {
  readonly related = new Map<Member, RecordSet>();
  /** By layout. */
  readonly #blocks = new Map<string, Block>();
  readonly #order: number[] = [];
  readonly #known = new Map<string, number>();

  constructor(
    readonly number: number,
    readonly metadata: EntityMetadata,
  ) {}

  /** Adds the row and returns its number. */
  add({ layout, shape, members, cells }: Row): number {
    let block = this.#blocks.get(layout);
    if (!block) this.#blocks.set(layout, (block = { number: this.#blocks.size, shape, members, rows: [] }));
    block.rows.push(cells);
    return this.#order.push(block.number) - 1;
  }

  /** As `add`, once for equal rows: a related row repeats under every parent that has it. */
  addOnce(row: Row): number {
    const key = row.layout + textOf(row.cells);
    let number = this.#known.get(key);
    if (number === undefined) this.#known.set(key, (number = this.add(row)));
    return number;
  }

  finish(): PayloadSet {
    const blocks = [...this.#blocks].map(([layout, block]) => this.#finishBlock(layout, block));
    // Where no column tells how many there are, a number alone is not to be believed.
    const isTold = blocks.length === 0 || (blocks.length === 1 && blocks[0]![2].length > 0);
    return [isTold ? this.#order.length : this.#order, blocks];
  }

  #finishBlock(layout: string, { shape, members, rows }: Block): PayloadBlock {
    const columns = members.map((member, place) => {
      const finished = column(rows.map((cells) => cells[place]));
      if (finished.kind === 'data' && finished.cells.some(refersToRows)) {
        throw refusal(shape.metadata, member.path, 'entities in some rows and ids in others');
      }
      return finished;
    });
    const references = members.filter((_, place) => isReference(columns[place]!.kind));
    return [
      layout,
      columns.map(({ kind }) => kind),
      columns.map(({ cells }) => cells),
      references.map((member) => this.related.get(member)!.number),
    ];
  }
}

/** The same for equal cells only, in less time than JSON takes: what is short and common is not quoted. */
function textOf(cells: readonly Packed[]): string {
  let text = '';
  for (const cell of cells) {
    if (typeof cell === 'string') text += `${cell.length}"${cell}`;
    else if (typeof cell === 'number') text += `${cell},`;
    else {
      const [kind, form] = tagOf(cell) ?? [];
      text += kind === 'date' ? `d${form as number | string},` : JSON.stringify(cell);
    }
  }
  return text;
}

function refersToRows(cell: Packed): boolean {
  const [kind, form] = tagOf(cell) ?? [];
  return kind === 'one' || (kind === 'many' && (form as number[]).length > 0);
}
