import type { DataSource } from 'typeorm';
import { storedTableClock } from '../../naming/table-clocks.js';
import { grouped } from './grouped.js';
import type { StoredName, StoredRoutine, StoredTable, StoredTables } from './stored-tables.js';

/** By the clock of a table that is written: those of the tables whose rows may change as well, any of them. */
export type TriggeredTables = ReadonlyMap<string, ReadonlySet<string>>;

const WRITES = /\b(?:insert|update|delete|merge|replace|truncate|copy|load|execute|prepare)\b/i;

/** What it runs is put together where nobody can read it, most often for the table that has the trigger. */
const IS_DYNAMIC = /\b(?:execute|prepare)\b/i;

const WORD = /[\p{L}\p{N}_$]+/gu;

/**
 * Triggers are read by mention: each may write whatever table it names, or a routine does that it names, unless no word of it writes. Those of
 * tables that are not mapped count as well, for they may write one that is.
 */
export function triggeredTables(dataSource: DataSource, { tables, triggers, routines }: StoredTables): TriggeredTables {
  const clockOf = ({ schema, name }: StoredName) => storedTableClock(dataSource, schema, name);
  const byTable = grouped(triggers, nameOf);
  const byName = grouped(routines, nameOf);
  const reached = (own: readonly StoredRoutine[]) => {
    const bodies = new Set<StoredRoutine>(own);
    // It grows while it is gone through.
    for (const { text } of bodies) {
      for (const word of wordsOf(text)) {
        for (const called of byName.get(word) ?? []) bodies.add(called);
        if (WRITES.test(text)) for (const fired of byTable.get(word) ?? []) bodies.add(fired);
      }
    }
    return [...bodies].map(({ text }) => text).filter((text) => WRITES.test(text));
  };
  const found = new Map<string, ReadonlySet<string>>();
  for (const [clock, own] of grouped(triggers, clockOf)) {
    const texts = reached(own);
    const written = tables.filter((table) => texts.some((text) => names(text, nameOf(table)))).map(clockOf);
    if (texts.some((text) => IS_DYNAMIC.test(text))) written.push(clock);
    if (written.length) found.set(clock, new Set(written));
  }
  return found;
}

const nameOf = ({ name }: StoredRoutine | StoredTable): string => name.toLowerCase();

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.toLowerCase().match(WORD));

/** A name of several words stands as it is. */
function names(text: string, name: string): boolean {
  return wordsOf(text).has(name) || (wordsOf(name).size > 1 && text.toLowerCase().includes(name));
}
