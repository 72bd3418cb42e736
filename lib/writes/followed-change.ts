import type { EntityMetadata } from 'typeorm';
import type { Change, Image } from '../journal/change.js';
import { type ColumnValue, columnSpelling, columnValue } from '../naming/column-value.js';
import { type ColumnPair, type DeleteAction, sameColumns } from './stored/foreign-keys.js';
import { changeTextOf, type StatementReading } from './statement-change.js';
import type { KeyAction, MappedColumns } from './table-map.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/** What is known of the rows that go, with how their columns are mapped. */
interface Deleted {
  readonly change: Change;
  readonly columns: MappedColumns;
}

/**
 * What the database does to the rows of a table when rows go that its foreign keys refer to: it deletes them as well, or sets those keys to
 * NULL, a change for each of them. Empty where more may happen, or nobody can tell: then it may have changed anything.
 */
export function followedChange(
  change: Change,
  parent: string,
  child: string,
  { tables, known }: StatementReading,
): readonly string[] {
  const table = known.get(child);
  const columns = tables.columnsOf(child);
  const parentColumns = tables.columnsOf(parent);
  if (
    !table ||
    !columns ||
    !parentColumns ||
    table.followsItself ||
    known.get(parent)?.followedIndirectly.has(child) !== false
  )
    return [];
  const keys = tables.deleteActions(parent, child);
  // Those the database has and no entity tells of may take more rows along.
  const isMapped = (pairs: readonly ColumnPair[], onDelete: DeleteAction) =>
    keys.some((key) => key.action === onDelete && sameColumns(key.columns, pairs));
  for (const { parent: other, columns: pairs, onDelete } of table.foreignKeys)
    if (other === parent && onDelete && !isMapped(pairs, onDelete)) return [];
  const computed = table.computed.map(tables.columnName);
  const changes = keys.map((key) => changeByKey(key, { change, columns: parentColumns }, columns, computed));
  const texts = changes.map((each) => each && changeTextOf(each));
  return texts.every((text) => text !== undefined) ? texts : [];
}

function changeByKey(
  { action, columns: [pair, ...more] }: KeyAction,
  deleted: Deleted,
  columns: MappedColumns,
  computed: readonly string[],
): Change | undefined {
  if (!pair || more.length || action === 'set default') return undefined;
  const [own, referenced] = pair;
  const mapped = columns.get(own);
  const mappedParent = deleted.columns.get(referenced);
  // Of a column nobody is to be told of.
  if (!mapped?.every((column) => columnValue(column, null) === null) || !mappedParent) return undefined;
  const { at } = deleted.change;
  const rows = deleted.change.rows?.map((row) => valueByKey(row[referenced], mappedParent, mapped));
  const images = rows?.every((value) => value !== undefined)
    ? [...new Set(rows)].map((value): Image => ({ [own]: value }))
    : undefined;
  if (action === 'cascade') return { action: 'delete', at, rows: images, assigned: [], values: {} };
  const assigned = [...new Set([own, ...computed])];
  return { action: 'update', at, rows: images, assigned, values: { [own]: null } };
}

const SAME_KINDS: ReadonlySet<string> = new Set(['integer', 'uuid', 'text', 'digest', 'folded']);

/** What a foreign key holds that refers to a row with this value. */
function valueByKey(
  value: ColumnValue | undefined,
  parents: readonly ColumnMetadata[],
  own: readonly ColumnMetadata[],
): ColumnValue | undefined {
  if (typeof value !== 'string') return undefined;
  const from = kindOf(parents);
  const to = kindOf(own);
  if (from !== undefined && from === to) return SAME_KINDS.has(from) ? value : undefined;
  if (from !== 'text' || to !== 'digest') return undefined;
  return columnValue(own[0]!, value.slice('t:'.length));
}

/** `undefined` where its entities do not agree about it. */
function kindOf(columns: readonly ColumnMetadata[]): string | undefined {
  const [kind, ...others] = new Set(columns.map((column) => columnSpelling(column)?.kind));
  return others.length ? undefined : kind;
}
