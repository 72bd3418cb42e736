/**
 * How tags are named in a store. The braces are a Redis hash tag: a table and its rows live in one slot, so one script reaches
 * them all. Braces in the names are escaped: only ours may decide the slot, and no two tables may share a name.
 *
 * No namespace of an application stands before them: a table is the database's, so all who write it must meet. What is an
 * application's own (a manager's explicit clears) has the namespace in the name of its table.
 */
export const tagKeys = {
  table(table: string): string {
    return `qscache:{${escapeBraces(table)}}`;
  },

  /** The row stands behind the closing brace, so it needs no escaping. */
  row(table: string, row: string): string {
    return `${tagKeys.table(table)}:${row}`;
  },
};

const escapeBraces = (text: string): string => text.replace(/[%{}]/g, (character) => encodeURIComponent(character));
