import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { QsCacheError } from '../errors.js';
import type { DatedClock } from '../store/cache-store.js';
import { type Dependency, ROWS_PER_TABLE } from './dependency.js';

/**
 * An entry is a header and its footprints, a line of JSON each, and a payload, which is the rest of the text:
 *
 *     ["qs7","<name>","detail","<fingerprint>","<epoch>",[["shop.public.example",1700000000000000,["1"],1],["shop.public.user",0]],0,222410004]
 *     [[[[["id","i"]],["1"],["id","name"],[],[],0,0,0]],0]
 *     [[1,"0:0,1, plain plain",1,"one"]]
 *
 * The header says the format of both, a name that no other entry has, what the entry is, the query and the shape of entities it answers
 * as one fingerprint, which history of the store its as-of are of, each clock it depends on with the as-of and the rows (without rows: all
 * of the table; 0 in their place, and a 1, where there is a footprint), until when it is fresh, and the CRC-32 of the rest. JSON escapes line
 * breaks, so the first two end the lines. What a payload says is for `lib/codec/payload-text.ts`, what a footprint says for
 * `lib/journal/footprint.ts`: it is read only when its table has been written.
 *
 * Raise the format when the meaning of either changes, and write the golden entry anew: older entries become misses.
 */
export const ENTRY_FORMAT = 'qs7';

/**
 * Characters of a header; a longer one is nobody's. Eighty tables with the most rows of the longest names, so no query's, and still
 * parsed in milliseconds.
 */
const LONGEST_HEADER = 1024 * 1024;

/** Characters of an entry's name. */
const NAME = 12;

/** Tables of one entry: more than any database joins. */
const MOST_TABLES = 500;

export type EntryKind = 'list' | 'detail' | 'count';

const KINDS: readonly unknown[] = ['list', 'detail', 'count'] satisfies EntryKind[];

/** A dependency with the table's clock as it stood before the load's first query. */
export interface DatedDependency extends Dependency, DatedClock {
  /** By its footprint it can be told whether a write to the table has changed the entry. */
  readonly isJournaled?: boolean;
}

/** What a stored result is, which load it came from, what it depends on. */
export interface EntryHead {
  readonly kind: EntryKind;
  /** The query, the manager and the shape it answers; another one under the same key is a miss. */
  readonly fingerprint: string;
  readonly epoch: string;
  /** As of its load, or as of a later moment at which it was found to be true. */
  dependencies: readonly DatedDependency[];
  /** What it rests on in the tables of its dependencies; see `parseFootprints`. */
  readonly footprints: string;
  /**
   * When its timeout is over, in milliseconds of the time of day of who stored it; 0 where the store keeps it no longer than that, so
   * that nobody need look. Another time of day moves the next load, never what is true.
   */
  readonly freshUntil: number;
}

/** A stored result. */
export interface Entry extends EntryHead {
  /** Of footprints and payload when they were written. */
  readonly checksum: number;
  /** As it was found; see `payloadOf`. */
  readonly payload: string;
}

/** @param name 12 characters; by how a text begins, a process that has read an entry knows it again */
export function formatEntry(entry: Omit<Entry, 'checksum'>, name = randomBytes(9).toString('base64url')): string {
  const { kind, fingerprint, epoch, dependencies, footprints, freshUntil, payload } = entry;
  const header = [
    ENTRY_FORMAT,
    name,
    kind,
    fingerprint,
    epoch,
    dependencies.map(listedOf),
    freshUntil,
    checksumOf(footprints, payload),
  ];
  return `${JSON.stringify(header)}\n${footprints}\n${payload}`;
}

function listedOf({ clock, asOf, rows, isJournaled }: DatedDependency): unknown[] {
  if (isJournaled) return [clock, asOf, rows ?? 0, 1];
  return rows ? [clock, asOf, rows] : [clock, asOf];
}

function checksumOf(footprints: string, payload: string): number {
  return crc32(payload, crc32(`${footprints}\n`));
}

/**
 * The payload of an entry that is worth reading. A right checksum says that nothing was cut or torn, not who wrote it: anybody can work
 * it out.
 */
export function payloadOf({ checksum, footprints, payload }: Entry): string {
  if (checksumOf(footprints, payload) === checksum) return payload;
  throw new QsCacheError(
    'QSCACHE_CORRUPT_ENTRY',
    'The payload does not match its checksum: it was cut or altered; it is loaded again.',
  );
}

/** `undefined` for anything this version would not write: another format, another program's value, a torn or a forged text. */
export function parseEntry(text: string): Entry | undefined {
  const end = text.indexOf('\n');
  const start = text.indexOf('\n', end + 1) + 1;
  if (end < 0 || end > LONGEST_HEADER || !start || !text.startsWith(`["${ENTRY_FORMAT}"`)) return undefined;
  let header: unknown;
  try {
    header = JSON.parse(text.slice(0, end));
  } catch {
    // Our prefix on a torn header: whoever cut it, it says nothing.
    return undefined;
  }
  if (!Array.isArray(header) || header.length !== 8) return undefined;
  const [format, name, kind, fingerprint, epoch, listed, freshUntil, checksum] = header as unknown[];
  if (format !== ENTRY_FORMAT || !KINDS.includes(kind)) return undefined;
  if (typeof name !== 'string' || name.length !== NAME) return undefined;
  if (typeof fingerprint !== 'string' || typeof epoch !== 'string' || !Array.isArray(listed)) return undefined;
  if (listed.length > MOST_TABLES || !isCount(freshUntil) || typeof checksum !== 'number') return undefined;
  const dependencies: DatedDependency[] = [];
  for (let i = 0; i < listed.length; i++) {
    const dependency = dependencyFrom(listed[i]);
    // A table named twice would get around the bound of its rows.
    if (!dependency || dependencies.some(({ clock }) => clock === dependency.clock)) return undefined;
    dependencies.push(dependency);
  }
  const footprints = text.slice(end + 1, start - 1);
  return {
    kind: kind as EntryKind,
    fingerprint,
    epoch,
    dependencies,
    footprints,
    freshUntil,
    checksum,
    payload: text.slice(start),
  };
}

function dependencyFrom(listed: unknown): DatedDependency | undefined {
  if (!Array.isArray(listed)) return undefined;
  const clock: unknown = listed[0];
  const asOf: unknown = listed[1];
  if (typeof clock !== 'string' || !isCount(asOf)) return undefined;
  if (listed.length === 2) return { clock, asOf };
  const rows: unknown = listed[2];
  if (listed.length === 3) return isRows(rows) ? { clock, asOf, rows } : undefined;
  if (listed.length !== 4 || listed[3] !== 1) return undefined;
  if (rows === 0) return { clock, asOf, isJournaled: true };
  return isRows(rows) ? { clock, asOf, rows, isJournaled: true } : undefined;
}

/** What a clock can show, or a time of day. */
function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The store makes a clock for every row it is asked about: never for more than a fill of ours would name. */
function isRows(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= ROWS_PER_TABLE && value.every((row) => typeof row === 'string');
}
