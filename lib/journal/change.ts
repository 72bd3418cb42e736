import type { ColumnValue } from '../naming/column-value.js';

/** What is known of a row: of some of its columns, what they hold. Names as the table map compares them. */
export type Image = Readonly<Record<string, ColumnValue>>;

/**
 * One write to one table, as far as its statement says what it did: what an entry's footprint is judged against. Of an INSERT the rows as
 * they came; of an UPDATE or DELETE what the rows were before it, one image for each way a row could be meant.
 */
export interface Change {
  readonly action: 'insert' | 'update' | 'delete';
  /** Of its writer's time of day, in milliseconds. */
  readonly at: number;
  /** `undefined`: any row of the table. */
  readonly rows: readonly Image[] | undefined;
  /** Every column an UPDATE may have changed, those included that the database computes. Of other actions none. */
  readonly assigned: readonly string[];
  /** What some of them hold now. */
  readonly values: Image;
}

/** Characters of one change in a journal; a longer one is told as unknown. */
const LONGEST = 1_000;

const ACTIONS = { i: 'insert', u: 'update', d: 'delete' } as const;

/** As a journal keeps it, without a line break; `undefined` for one that is too long. */
export function changeText({ action, at, rows, assigned, values }: Change): string | undefined {
  const shown = rows ?? 0;
  const text = JSON.stringify(
    action === 'update' ? ['u', at, shown, assigned, values] : [action === 'insert' ? 'i' : 'd', at, shown],
  );
  return text.length <= LONGEST ? text : undefined;
}

/** What one advance has told, a line for each of its writes; `undefined` for what this version would not write. */
export function parseChanges(text: string): Change[] | undefined {
  const changes: Change[] = [];
  for (const line of text.split('\n')) {
    const change = parseChange(line);
    if (!change) return undefined;
    changes.push(change);
  }
  return changes;
}

function parseChange(text: string): Change | undefined {
  if (text.length > LONGEST) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed)) return undefined;
  const [letter, at, shown, assigned = [], values = {}] = parsed as unknown[];
  const action =
    typeof letter === 'string' && Object.hasOwn(ACTIONS, letter) && ACTIONS[letter as keyof typeof ACTIONS];
  if (!action || parsed.length !== (action === 'update' ? 5 : 3) || !Number.isSafeInteger(at)) return undefined;
  if (shown !== 0 && !(Array.isArray(shown) && shown.every(isImage))) return undefined;
  if (!Array.isArray(assigned) || !assigned.every((column) => typeof column === 'string') || !isImage(values))
    return undefined;
  return { action, at: at as number, rows: shown === 0 ? undefined : (shown as Image[]), assigned, values };
}

function isImage(value: unknown): value is Image {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((held) => held === null || typeof held === 'string');
}
