import type { Change, Image } from './change.js';
import type { KeyColumn } from './footprint.js';
import { rowName } from './row-name.js';

/** What is known of a row that a change has written, beyond what the change tells. */
export interface Recalled {
  /** What it holds now, in columns that nobody has assigned since it was seen. */
  readonly now: Image;
  /** Those of them in which it has held that ever since the entry was loaded that is judged: it was seen no later. */
  readonly before: Image;
}

/** By the row's name; `undefined` where nothing is known. */
export type Recall = (row: string) => Recalled | undefined;

/**
 * What is left of what was seen of a row, after all that was told since. Of the change that is judged it is what others have left.
 *
 * @param told since it was seen; `undefined` for one that nobody understands
 */
export function leftOf(
  seen: Image,
  row: string,
  key: readonly KeyColumn[],
  told: readonly (readonly Change[] | undefined)[],
  judged: Change,
): Image | undefined {
  const left: Record<string, Image[string]> = { ...seen };
  for (const changes of told) {
    if (!changes) return undefined;
    for (const change of changes) {
      // A new row has the key of another one only after that has gone.
      if (change.action === 'insert' || !mayMean(change, row, key)) continue;
      if (change === judged) {
        forgetSeen(change, left);
        continue;
      }
      if (change.action === 'delete' || key.some(([column]) => change.assigned.includes(column))) return undefined;
      for (const column of change.assigned) delete left[column];
    }
  }
  return left;
}

/** Whoever saw the row may have seen what the change that is judged has made of it: unless it was something else, it is not what was before. */
function forgetSeen({ assigned, values }: Change, left: Record<string, Image[string]>): void {
  for (const column of assigned) {
    const [seen, given] = [left[column], values[column]];
    if (seen === undefined) continue;
    const isOther = given !== undefined && seen !== given && (seen === null || given === null || seen[0] === given[0]);
    if (!isOther) delete left[column];
  }
}

function mayMean({ rows }: Change, row: string, key: readonly KeyColumn[]): boolean {
  return !rows || rows.some((each) => (rowName(each, key) ?? row) === row);
}
