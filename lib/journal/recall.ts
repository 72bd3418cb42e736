import type { Change, Image } from './change.js';
import { type KnownOfRow, mayEqual } from './condition.js';
import type { DoneToRow } from './done-to-row.js';

/** What is known of a row that a change has written, beyond what the change tells. */
export interface Recalled {
  /** What it holds now. */
  readonly now: KnownOfRow;
  /** What it has held ever since the entry was loaded that is judged. */
  readonly before: KnownOfRow;
}

/** What was seen of a row, as of a count of its table's clock. */
export interface Seen {
  readonly asOf: number;
  readonly image: Image;
}

/** By the count of a clock, what every advance since has done to a row; `undefined` where that is not known. */
export type DoneSince = (asOf: number) => DoneToRow | undefined;

/** By the row's name; `undefined` where nothing is known. */
export type Recall = (row: string) => Recalled | undefined;

/**
 * What is known of a row when one change of it is judged, which an entry has not seen.
 *
 * @param asOf the entry's
 */
export function recallOf(sightings: readonly Seen[], asOf: number, doneSince: DoneSince, judged: Change): Recalled {
  const [before, now]: KnownOfRow[] = [{}, {}];
  for (const seen of sightings) {
    const done = doneSince(seen.asOf);
    if (!done) continue;
    const held = heldSince(seen.image, done, judged);
    Object.assign(now!, held?.now);
    if (seen.asOf <= asOf) Object.assign(before!, held?.before);
    // Seen later than the entry was loaded: what nothing has set it to since then, it held already. Whatever goes must be what was seen: SQLite
    // may give the next row the key of the last one.
    else if (judged.action !== 'delete' || done.ends.includes(judged)) {
      Object.assign(before!, heldSince(seen.image, doneSince(asOf), judged)?.before);
    }
  }
  return { before: before!, now: now! };
}

/**
 * What a row may have held since it was seen, by all that was told since: in each column what was seen, or what it was set to, for writes of
 * one row may be heard of in another order than they were made.
 *
 * Before it was seen it held the same only where none of that can have been seen: who looked may have come after a write that was told later.
 *
 * @param done to it since it was seen
 * @param judged it may be the row's end: until then it was there
 */
export function heldSince(seen: Image, done: DoneToRow | undefined, judged: Change): Recalled | undefined {
  if (!done || done.ends.some((end) => end !== judged)) return undefined;
  const { given } = done;
  const now: Record<string, KnownOfRow[string]> = {};
  const before: typeof now = {};
  for (const [column, value] of Object.entries(seen)) {
    const others = given.has(column) ? given.get(column) : [];
    if (!others) continue;
    now[column] = others.length ? [value, ...others] : value;
    if (!others.some((other) => mayEqual(other, value))) before[column] = now[column];
  }
  return { now, before };
}
