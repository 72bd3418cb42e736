import type { EntityMetadata } from 'typeorm';
import { columnName } from '../naming/column-value.js';
import { keySpelling, rowKey } from '../naming/row-key.js';
import { entityClock } from '../naming/table-clocks.js';
import { dataSourceOf } from '../peers/typeorm.js';
import type { ClockWrite } from '../store/cache-store.js';
import type { Operand, RowFilter, StatementEffect, TableChange } from './sql/statement-effect.js';
import { followedChange } from './followed-change.js';
import { changeTextOf, statementChanges, type StatementReading } from './statement-change.js';

/**
 * The clocks a statement's writes advance, what the database changes in their wake included. `undefined` for a statement that may
 * have written anything.
 */
export function statementWrites(
  effect: StatementEffect,
  reading: StatementReading,
  /** Where its names without a schema lead, when not where they led at the start; see `TableMap.clocks`. */
  namespaces?: readonly string[],
): ClockWrite[] | undefined {
  const { tables, parameters } = reading;
  switch (effect.kind) {
    case 'unknown':
      return undefined;
    case 'schema':
      return effect.tables.flatMap((ref) => tables.clocks(ref, namespaces)).map(anything);
    case 'write': {
      const writes: ClockWrite[] = [];
      for (const written of effect.writes) {
        const assigned = tables.assigned(written.table, written.assigned);
        const change = assigned ? { ...written, assigned } : written;
        const entities = tables.entities(change.table);
        // An updatable view passes the write on to tables only the database knows.
        if (entities.some(({ tableType }) => tableType === 'view')) return undefined;
        const changed = changedRows(change, entities, parameters);
        for (const clock of tables.clocks(change.table, namespaces)) {
          const keys = movedKeys(change, clock, reading);
          // Under a name that is not mapped here the same table may have rows of another key.
          const rows = change.action === 'insert' ? NEW : (changed.get(clock) ?? UNKNOWN);
          const told = statementChanges(change, clock, reading);
          const advance = { clock, ...rows, ...keys };
          if (!told) writes.push(advance);
          for (const each of told ?? []) writes.push(telling(advance, changeTextOf(each)));
          const { followed, triggered } = wake(change, clock, reading);
          for (const other of followed) {
            const deleted = triggered.has(other) ? undefined : told?.find(({ action }) => action === 'delete');
            const changes = deleted ? followedChange(deleted, clock, other, reading) : [];
            if (!changes.length) writes.push(anything(other));
            for (const text of changes) writes.push(telling(anything(other), text));
          }
        }
      }
      return writes;
    }
    default:
      return [];
  }
}

const telling = (write: ClockWrite, change: string | undefined): ClockWrite =>
  change === undefined ? write : { ...write, change };

/** A row that was not there is in no entry; what counts it, lists it or found nothing in its place follows the clock. */
const NEW: NamedRows = { rows: 'new' };
const UNKNOWN: NamedRows = { rows: 'unknown' };

/** A write to a table of which nothing more is known. */
export function anything(clock: string): ClockWrite {
  return { clock, rows: 'unknown', takesKeys: true, releasesKeys: true };
}

/** Whether a row may lose a unique key by the change, or get one that was another's. */
function movedKeys(
  { table, action, assigned }: TableChange,
  clock: string,
  { tables, known }: StatementReading,
): Partial<ClockWrite> {
  switch (action) {
    case 'insert':
      return { takesKeys: true };
    case 'update': {
      // Of other columns the database may make a key as well, and a trigger of anything.
      const moves = tables.hasKeyAmong(table, assigned) || tables.hasComputedKey(table, known.get(clock)?.computed);
      return { takesKeys: moves, releasesKeys: moves };
    }
    case 'upsert':
      return { takesKeys: true, releasesKeys: true };
    default:
      return { releasesKeys: true };
  }
}

/** The clocks of tables that follow a write. */
interface Wake {
  /** By foreign key actions and by triggers, transitively. */
  readonly followed: ReadonlySet<string>;
  /** Of these, what triggers may have done anything to. */
  readonly triggered: ReadonlySet<string>;
}

function wake(
  { action, cascade, assigned, conflict }: TableChange,
  clock: string,
  { tables, known }: StatementReading,
): Wake {
  const { followings } = known;
  const followed = new Set<string>();
  const triggered = new Set<string>();
  if (action === 'delete' || (action === 'truncate' && !cascade)) follow(byDelete(clock));
  if (action === 'truncate' && cascade) follow([...tables.referring(clock), ...followings.referring(clock)]);
  if (action === 'update') follow(byUpdate(clock, assigned));
  if (action === 'upsert') follow(byUpdate(clock, conflict?.assigned));
  trigger(clock);
  return { followed, triggered };

  /** As entities have it, and as the database does. */
  function byDelete(parent: string): string[] {
    return [...tables.changedByDelete(parent), ...followings.changedByDelete(parent)];
  }

  function byUpdate(parent: string, columns: readonly string[] | undefined): string[] {
    const compared = columns?.map(tables.columnName);
    return [...tables.changedByUpdate(parent, columns), ...followings.changedByUpdate(parent, compared)];
  }

  function follow(others: Iterable<string>): void {
    for (const other of others) {
      if (followed.has(other)) continue;
      followed.add(other);
      trigger(other);
    }
  }

  /** What a trigger does to a table nobody said, so it may have done anything. */
  function trigger(written: string): void {
    for (const other of [...tables.changedByTriggers(written), ...known.changedByTriggers(written)]) {
      const all = [other, ...byDelete(other), ...byUpdate(other, undefined)];
      for (const each of all) triggered.add(each);
      follow(all);
    }
  }
}

type NamedRows = Pick<ClockWrite, 'rows' | 'key'>;

/** By clock, the rows an UPDATE or DELETE names; a clock without is one of unknown rows. */
function changedRows(
  { action, rows, assigned }: TableChange,
  entities: readonly EntityMetadata[],
  parameters: readonly unknown[],
): ReadonlyMap<string, NamedRows> {
  const known = new Map<string, NamedRows>();
  if (!rows || (action !== 'update' && action !== 'delete')) return known;
  const roots = entities.filter(({ parentEntityMetadata }) => !parentEntityMetadata);
  const [metadata] = roots;
  // A row known under two keys: the text names it by one of them, an entry may know it by the other.
  if (!metadata || new Set(roots.map((each) => JSON.stringify([entityClock(each), keySpelling(each)]))).size !== 1)
    return known;
  const name = (column: string) => columnName(dataSourceOf(metadata), column);
  const keys = metadata.primaryColumns.map(({ databaseName }) => name(databaseName));
  // A row whose key changes leaves one clock and takes another, which may be one it had before.
  const movesKey = action === 'update' && (!assigned || assigned.some((column) => keys.includes(name(column))));
  const named = movesKey ? undefined : rowsOf(rows, metadata, name, parameters);
  if (named) known.set(entityClock(metadata), { rows: named, key: keySpelling(metadata) });
  return known;
}

function rowsOf(
  { alternatives }: RowFilter,
  metadata: EntityMetadata,
  name: (column: string) => string,
  parameters: readonly unknown[],
): string[] | undefined {
  const found: string[] = [];
  for (const alternative of alternatives) {
    const pinned = new Map([...alternative].map(([column, operand]) => [name(column), operand]));
    const row = rowKey(metadata)(({ databaseName }) => {
      const operand = pinned.get(name(databaseName));
      return operand && valueOf(operand, parameters);
    });
    if (row === undefined) return undefined;
    found.push(row);
  }
  return found;
}

function valueOf(operand: Operand, parameters: readonly unknown[]): unknown {
  return 'parameter' in operand ? parameters[operand.parameter] : operand.literal;
}
