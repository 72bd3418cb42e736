/**
 * How clocks are named in a store. The braces are what Redis Cluster hashes: a table's clock and those of its rows live in one slot, so
 * one script reaches them all. Braces in the names are escaped: only ours may decide the slot, and no two clocks may share a name.
 *
 * No namespace of an application stands before them: a table is the database's, so all who write it must meet. What is an
 * application's own (a manager's explicit clears) has the namespace in the name of its clock.
 */
export const clockKeys = {
  /** How all of them begin, those of rows too. */
  prefix: 'qscache:{',

  /**
   * How their journals begin, in the place of that: in the slots of their clocks, and not among what a server tells of. Nobody need hear of a
   * journal, which is never written but with its clock.
   */
  journalPrefix: 'qscache:journal:{',

  clock(clock: string): string {
    let key = spelled.get(clock);
    if (key === undefined) {
      key = `${clockKeys.prefix}${escapeBraces(clock)}}`;
      if (spelled.size >= MOST_SPELLED) spelled.clear();
      spelled.set(clock, key);
    }
    return key;
  },

  journal(clock: string): string {
    return clockKeys.journalPrefix + clockKeys.clock(clock).slice(clockKeys.prefix.length);
  },

  /** The row stands behind the closing brace, so it needs no escaping. */
  row(clock: string, row: string): string {
    return `${clockKeys.clock(clock)}:${row}`;
  },
};

/** Far above the tables of any schema. */
const MOST_SPELLED = 10_000;
const spelled = new Map<string, string>();

const escapeBraces = (text: string): string => text.replace(/[%{}]/g, (character) => encodeURIComponent(character));
