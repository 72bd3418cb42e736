import type { Dependency } from './tags.js';

/** Raise when the header's meaning changes: older entries become misses. */
const ENTRY_FORMAT = 'qs2';

export type EntryKind = 'list' | 'detail';

/** A dependency with the table's clock as it stood before the load's first query. */
export interface DatedDependency extends Dependency {
  readonly asOf: number;
}

/** A stored result: what it is, which load it came from, what it depends on. */
export interface Entry {
  readonly kind: EntryKind;
  /** The query and the manager it answers; another one under the same key is a miss. */
  readonly fingerprint: string;
  readonly epoch: string;
  readonly dependencies: readonly DatedDependency[];
  readonly payload: string;
}

/** One line of JSON, a line break, the payload. JSON escapes line breaks, so the first one ends the header. */
export function formatEntry(entry: Entry): string {
  const dependencies = entry.dependencies.map(({ table, asOf, rows }) => (rows ? [table, asOf, rows] : [table, asOf]));
  return `${JSON.stringify([ENTRY_FORMAT, entry.kind, entry.fingerprint, entry.epoch, dependencies])}\n${entry.payload}`;
}

/** `undefined` for anything this version did not write: another format, another program's value, a torn text. */
export function parseEntry(text: string): Entry | undefined {
  const end = text.indexOf('\n');
  if (end < 0 || !text.startsWith(`["${ENTRY_FORMAT}"`)) return undefined;
  try {
    const [, kind, fingerprint, epoch, dependencies] = JSON.parse(text.slice(0, end)) as [
      string,
      EntryKind,
      string,
      string,
      [string, number, string[]?][],
    ];
    return {
      kind,
      fingerprint,
      epoch,
      dependencies: dependencies.map(([table, asOf, rows]) => (rows ? { table, asOf, rows } : { table, asOf })),
      payload: text.slice(end + 1),
    };
  } catch {
    // Our prefix on a torn header: whoever cut it, it says nothing.
    return undefined;
  }
}
