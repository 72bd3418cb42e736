import { type Dependency, ROWS_PER_TABLE } from './dependency.js';

/** Raise when the header's meaning changes: older entries become misses. */
const ENTRY_FORMAT = 'qs2';

/**
 * Characters of a header; a longer one is nobody's. Eighty tables with the most rows of the longest names, so no query's, and still
 * parsed in milliseconds.
 */
const LONGEST_HEADER = 1024 * 1024;

/** Tables of one entry: more than any database joins. */
const MOST_TABLES = 500;

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
  const dependencies = entry.dependencies.map(({ clock, asOf, rows }) => (rows ? [clock, asOf, rows] : [clock, asOf]));
  return `${JSON.stringify([ENTRY_FORMAT, entry.kind, entry.fingerprint, entry.epoch, dependencies])}\n${entry.payload}`;
}

/** `undefined` for anything this version would not write: another format, another program's value, a torn or a forged text. */
export function parseEntry(text: string): Entry | undefined {
  const end = text.indexOf('\n');
  if (end < 0 || end > LONGEST_HEADER || !text.startsWith(`["${ENTRY_FORMAT}"`)) return undefined;
  const header = parseHeader(text.slice(0, end));
  return header && { ...header, payload: text.slice(end + 1) };
}

function parseHeader(text: string): Omit<Entry, 'payload'> | undefined {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    // Our prefix on a torn header: whoever cut it, it says nothing.
    return undefined;
  }
  if (!Array.isArray(header) || header.length !== 5) return undefined;
  const [format, kind, fingerprint, epoch, listed] = header as unknown[];
  if (format !== ENTRY_FORMAT || (kind !== 'list' && kind !== 'detail')) return undefined;
  if (typeof fingerprint !== 'string' || typeof epoch !== 'string' || !Array.isArray(listed)) return undefined;
  if (listed.length > MOST_TABLES) return undefined;
  const dependencies: DatedDependency[] = [];
  for (let i = 0; i < listed.length; i++) {
    const dependency = dependencyFrom(listed[i]);
    // A table named twice would get around the bound of its rows.
    if (!dependency || dependencies.some(({ clock }) => clock === dependency.clock)) return undefined;
    dependencies.push(dependency);
  }
  return { kind, fingerprint, epoch, dependencies };
}

function dependencyFrom(listed: unknown): DatedDependency | undefined {
  if (!Array.isArray(listed)) return undefined;
  const clock: unknown = listed[0];
  const asOf: unknown = listed[1];
  if (typeof clock !== 'string' || !isCount(asOf)) return undefined;
  if (listed.length === 2) return { clock, asOf };
  const rows: unknown = listed[2];
  return listed.length === 3 && isRows(rows) ? { clock, asOf, rows } : undefined;
}

/** What a clock can show. */
function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The store makes a clock for every row it is asked about: never for more than a fill of ours would name. */
function isRows(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= ROWS_PER_TABLE && value.every((row) => typeof row === 'string');
}
