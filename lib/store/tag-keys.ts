/**
 * How tags are named in a store. The braces are a Redis hash tag: a table and its rows live in one slot, so one script reaches
 * them all. Braces in the names are escaped: only ours may decide the slot, and no two tables may share a name.
 */
export class TagKeys {
  readonly #prefix: string;

  constructor(namespace: string) {
    this.#prefix = `${escapeBraces(namespace)}qscache:`;
  }

  table(table: string): string {
    return `${this.#prefix}{${escapeBraces(table)}}`;
  }

  /** The row stands behind the closing brace, so it needs no escaping. */
  row(table: string, row: string): string {
    return `${this.table(table)}:${row}`;
  }
}

const escapeBraces = (text: string): string => text.replace(/[%{}]/g, (character) => encodeURIComponent(character));
