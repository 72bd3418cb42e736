import { textKey } from '../naming/text-key.js';
import type { Change, Image } from './change.js';
import { columnsOf, compareValues, type KnownOfRow, mayEqual, mayPass } from './condition.js';
import type { Footprint, Window } from './footprint.js';
import type { Recall } from './recall.js';
import { rowName } from './row-name.js';

/**
 * Whether a change of a table may have changed what an entry shows. Each change is judged against what the entry showed when it was loaded,
 * and that is enough: until the first one that matters it shows the same. A load that has seen some of the changes already only makes more of
 * them matter.
 *
 * @param recall what is known of rows by now, where the change says too little
 */
export function mayAffect(change: Change, footprint: Footprint, recall?: Recall): boolean {
  switch (change.action) {
    case 'insert':
      // The row that shows it must have come after it, and tells so itself.
      if (footprint.isReferred || hasAllAskedFor(footprint)) return false;
      return rowsOf(change).some((row) => mayComeIn(row, footprint));
    case 'update':
      return updateMayAffect(change, footprint, recall);
    case 'delete':
      return imagesOf(change, footprint, recall).some(
        ({ name, before }) => mayBeShown(name, before, footprint) || mayMove(before, footprint),
      );
  }
}

/**
 * Of a change that may affect an entry, the rows for which that depends on what they hold now, and nobody has seen it: whoever looks at them
 * may find that they have not come in. `undefined` where it does not depend on that alone.
 */
export function unseenBy(change: Change, footprint: Footprint, recall: Recall): readonly Image[] | undefined {
  const { action, assigned } = change;
  const { key, filter, window } = footprint;
  if (action !== 'update' || key.some(([column]) => assigned.includes(column))) return undefined;
  const deciding = [...columnsOf(filter), ...(window?.isFull ? window.bounds.map(([column]) => column) : [])];
  const unseen: Image[] = [];
  for (const { row, name, before, now } of imagesOf(change, footprint, recall)) {
    if (mayBeShown(name, before, footprint) || mayMove(before, footprint)) return undefined;
    if (!mayComeIn(now, footprint)) continue;
    if (name === undefined || deciding.every((column) => now[column] !== undefined)) return undefined;
    unseen.push(row);
  }
  return unseen;
}

function updateMayAffect(change: Change, footprint: Footprint, recall: Recall | undefined): boolean {
  const { assigned } = change;
  const { key, shown, filtering, ordering, window } = footprint;
  const isAssigned = (column: string) => assigned.includes(column);
  // Under another key a row may be one that is asked for.
  const isFiltering = filtering.some(isAssigned) || key.some(([column]) => isAssigned(column));
  const isOrdering = ordering.some(isAssigned);
  if (!isFiltering && !isOrdering && !shown.some(isAssigned)) return false;
  // A row that is not shown of a list that shows all of its rows is none of them, and stays so.
  const comes = isFiltering || (isOrdering && isPart(window));
  return imagesOf(change, footprint, recall).some(({ name, before, now }) => {
    if (mayBeShown(name, before, footprint)) return true;
    if (!comes) return false;
    return mayComeIn(now, footprint) || mayMove(before, footprint);
  });
}

/** What is known of a row. */
interface Known {
  readonly row: Image;
  /** Before the change. */
  readonly name: string | undefined;
  readonly before: KnownOfRow;
  readonly now: KnownOfRow;
}

/**
 * What is known of the rows a change has written.
 *
 * What they hold *now* is enough to tell whether they have come in: the last change of a column that decides is judged by what the row holds in
 * all of them by now. What they held *before* the change is asked of what they have held ever since the entry was loaded.
 */
function imagesOf(change: Change, { key }: Footprint, recall: Recall | undefined): readonly Known[] {
  const { assigned, values } = change;
  // By its old key another row may be known by now.
  const isRenamed = key.some(([column]) => assigned.includes(column));
  return rowsOf(change).map((row) => {
    const name = rowName(row, key);
    const recalled = isRenamed || name === undefined ? undefined : recall?.(name);
    // A statement says what rows it found, not what they hold in what it has assigned.
    const now: Record<string, KnownOfRow[string]> = { ...recalled?.now };
    for (const column of Object.keys(row)) if (!assigned.includes(column)) now[column] = row[column]!;
    return { row, name, before: { ...recalled?.before, ...row }, now: Object.assign(now, values) };
  });
}

/** Whether it asks for rows by their key and shows each of them: no other can have such a key while they are there. */
function hasAllAskedFor(footprint: Footprint): boolean {
  let hasAll = complete.get(footprint);
  if (hasAll === undefined) complete.set(footprint, (hasAll = showsAllAskedFor(footprint)));
  return hasAll;
}

/** It may ask for a thousand, and is asked with every row that comes. */
const complete = new WeakMap<Footprint, boolean>();

function showsAllAskedFor({ key: [column, ...more], rows, filter }: Footprint): boolean {
  if (!column || more.length || !rows || !filter) return false;
  const [name, kind] = column;
  const asked = filter[0] === 'and' ? filter[1] : [filter];
  return asked.some(
    (each) =>
      each[0] === 'in' &&
      each[1] === name &&
      each[2].every((value) => value?.startsWith(`${kind}:`) && namesOf(rows).has(textKey(value.slice(2)))),
  );
}

const ANY_ROW: readonly Image[] = [{}];

function rowsOf({ rows }: Change): readonly Image[] {
  return rows ?? ANY_ROW;
}

/** Whether a row was among those the entry shows. @param name `undefined` where nobody knows */
function mayBeShown(name: string | undefined, row: KnownOfRow, { rows, filter, held }: Footprint): boolean {
  if (rows?.length === 0) return false;
  if (rows && name !== undefined) return namesOf(rows).has(name);
  return mayPass(filter, row) && mayHold(held, row);
}

const names = new WeakMap<readonly string[], ReadonlySet<string>>();

/** A list may show thousands of rows, and each change is looked for among them. */
function namesOf(rows: readonly string[]): ReadonlySet<string> {
  let known = names.get(rows);
  if (!known) names.set(rows, (known = new Set(rows)));
  return known;
}

/**
 * Whether a row may be one of those that hold these values. They still do: what changes one of them in a row that is shown is a change to the
 * entry.
 */
function mayHold(held: Footprint['held'] = {}, row: KnownOfRow): boolean {
  return Object.entries(row).every(([column, value]) => {
    const all = Object.hasOwn(held, column) ? held[column] : undefined;
    return !all || [value].flat().some((one) => all.some((each) => mayEqual(each, one)));
  });
}

/** Whether a row that is like this now is among those that are to be shown. */
function mayComeIn(row: KnownOfRow, { filter, window }: Footprint): boolean {
  return mayPass(filter, row) && !isBehind(row, window);
}

/** Whether a row that the entry does not show can move those it shows, by going. */
function mayMove(row: KnownOfRow, { filter, window }: Footprint): boolean {
  return window?.hasOffset === true && mayPass(filter, row) && !isBehind(row, window);
}

/** Whether there are rows that pass and are not shown. */
function isPart(window: Window | undefined): boolean {
  return window !== undefined && (window.hasOffset || window.isFull);
}

/** Whether a row is sorted behind the last one that is shown, for sure, and that is where the list ends. */
function isBehind(row: KnownOfRow, window: Window | undefined): boolean {
  if (!window?.isFull) return false;
  for (const [column, direction, last] of window.bounds) {
    const held = row[column];
    const isSure = held === null || typeof held === 'string';
    const order = isSure ? compareValues(held, last) : undefined;
    if (order === undefined) return false;
    if (order !== 0) return direction === 'ASC' ? order > 0 : order < 0;
  }
  return false;
}
