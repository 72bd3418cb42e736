import type { DataSource } from 'typeorm';
import type { HistoryRow } from './oracle.js';

/** How long a number may stay missing before it counts as rolled back, in milliseconds: longer than any transaction, even of a process that is busy with a burst of reads. */
const GAP_LIFETIME = 60_000;

interface RecordedRow {
  readonly seq: number | string;
  readonly write_id: number;
  readonly table_name: string;
  readonly row_id: string;
  readonly stamp: number | null;
  readonly present: boolean | number;
  readonly facts: string;
}

/** Reads what the triggers recorded, every committed row once. */
export class History {
  #last = 0;
  /** Numbers given to transactions that had not committed when later ones had, and since when they are missing. */
  readonly #gaps = new Map<number, number>();

  constructor(private readonly dataSource: DataSource) {}

  /** Everything committed before this was called and not fetched yet. */
  async next(): Promise<HistoryRow[]> {
    const gaps = [...this.#gaps.keys()];
    const missing = gaps.length ? `OR seq IN (${gaps.join()})` : '';
    const rows = await this.dataSource.query<RecordedRow[]>(
      `SELECT seq, write_id, table_name, row_id, stamp, present, facts FROM history WHERE seq > ${this.#last} ${missing} ORDER BY seq`,
    );
    for (const row of rows) this.#seen(Number(row.seq));
    for (const [gap, since] of this.#gaps) if (Date.now() - since > GAP_LIFETIME) this.#gaps.delete(gap);
    return rows.map(({ seq, write_id, table_name, row_id, stamp, present, facts }) => ({
      seq: Number(seq),
      write: Number(write_id),
      table: table_name,
      row: row_id,
      stamp,
      present: Boolean(present),
      facts: JSON.parse(facts) as HistoryRow['facts'],
    }));
  }

  #seen(seq: number): void {
    this.#gaps.delete(seq);
    for (let gap = this.#last + 1; gap < seq; gap++) this.#gaps.set(gap, Date.now());
    this.#last = Math.max(this.#last, seq);
  }
}
