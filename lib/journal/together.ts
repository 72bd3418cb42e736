import type { Change, Image } from './change.js';

/** Rows that are named one by one, of all that were written alike. */
const MOST_ROWS = 32;

/** Ways in which a table is written that are told apart. */
const MOST_CHANGES = 16;

/**
 * What many changes have done in fewer: each of them has done no more than one of these. That is what is remembered of changes long ago: rows
 * that are written with every request, in a column that hardly anybody shows, are said once.
 */
export function together(changes: readonly Change[]): readonly Change[] {
  const alike = grouped(changes, ({ action, assigned }) => JSON.stringify([action, assigned]));
  const groups = alike.length > MOST_CHANGES ? grouped(changes, ({ action }) => action) : alike;
  return groups.map((group) => (group.length > 1 ? oneOf(group) : group[0]!));
}

function grouped(changes: readonly Change[], name: (change: Change) => string): Change[][] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const group = groups.get(name(change));
    if (group) group.push(change);
    else groups.set(name(change), [change]);
  }
  return [...groups.values()];
}

function oneOf(group: readonly Change[]): Change {
  return {
    action: group[0]!.action,
    at: Math.max(...group.map(({ at }) => at)),
    rows: rowsOf(group),
    assigned: [...new Set(group.flatMap(({ assigned }) => assigned))],
    values: {},
  };
}

function rowsOf(group: readonly Change[]): readonly Image[] | undefined {
  const byText = new Map<string, Image>();
  for (const { rows } of group) {
    if (!rows) return undefined;
    for (const row of rows) byText.set(JSON.stringify(row), row);
    if (byText.size > MOST_ROWS) return undefined;
  }
  return [...byText.values()];
}
