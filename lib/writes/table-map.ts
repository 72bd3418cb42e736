import type { DataSource, EntityMetadata } from 'typeorm';
import { columnName } from '../naming/column-value.js';
import { isMysql } from '../naming/database-name.js';
import {
  databaseClock,
  entityDatabaseClock,
  entityClock,
  namedTable,
  ownClocks,
  tableClock,
} from '../naming/table-clocks.js';
import type { TableTarget } from '../naming/table-target.js';
import { dataSourceOf } from '../peers/typeorm.js';
import { type ColumnPair, type DeleteAction, deleteAction } from './stored/foreign-keys.js';
import type { TableRef } from './sql/statement-effect.js';

/** A foreign key seen from the table it refers to: what the database does to the child when the parent changes. */
interface ForeignKeyAction {
  readonly child: string;
  readonly deletes: boolean;
  /** The child's rows change or go when a parent's row is deleted. */
  readonly onDelete: boolean;
  /** They change when one of these columns of the parent does. */
  readonly onUpdate: readonly string[];
  readonly key: KeyAction | undefined;
}

/** What a foreign key does to the rows that have it when the row it refers to goes. */
export interface KeyAction {
  readonly action: DeleteAction;
  readonly columns: readonly ColumnPair[];
}

type ColumnMetadata = EntityMetadata['columns'][number];

/** By name, as names are compared: the columns of a table, each as all of its entities know it. */
export type MappedColumns = ReadonlyMap<string, readonly ColumnMetadata[]>;

/** The tables of a DataSource: their clocks, their keys, and what a write to one does to others behind TypeORM's back. */
export class TableMap {
  readonly #entities = new Map<string, EntityMetadata[]>();
  readonly #actions = new Map<string, ForeignKeyAction[]>();
  /** By clock: the clocks of tables that triggers change along with it, as managers declared. */
  readonly #alsoWrites = new Map<string, Set<string>>();
  readonly #columns = new Map<string, MappedColumns | undefined>();

  constructor(readonly dataSource: DataSource) {
    for (const metadata of dataSource.entityMetadatas) {
      const name = metadata.tableName.toLowerCase();
      this.#entities.set(name, [...(this.#entities.get(name) ?? []), metadata]);
      for (const key of metadata.foreignKeys) {
        const changes = (action: string | undefined) => /^(cascade|set null|set default)$/i.test(action ?? '');
        const parent = entityClock(key.referencedEntityMetadata);
        const action = deleteAction(key.onDelete);
        const columns = key.columns.map(({ databaseName }, i): ColumnPair => [
          this.columnName(databaseName),
          this.columnName(key.referencedColumns[i]!.databaseName),
        ]);
        this.#actions.set(parent, [
          ...(this.#actions.get(parent) ?? []),
          {
            child: entityClock(metadata),
            deletes: /^cascade$/i.test(key.onDelete ?? ''),
            onDelete: changes(key.onDelete),
            onUpdate: changes(key.onUpdate)
              ? key.referencedColumns.map(({ databaseName }) => databaseName.toLowerCase())
              : [],
            key: action && { action, columns },
          },
        ]);
      }
    }
  }

  /** The clocks that stand for everything a statement of this DataSource could write; `namespaces` as for `clocks`. */
  everything(namespaces: readonly string[] = []): string[] {
    const metadatas = [...this.#entities.values()].flat();
    const used = isMysql(this.dataSource) ? namespaces.map((database) => databaseClock(this.dataSource, database)) : [];
    return [...new Set([databaseClock(this.dataSource), ...metadatas.map(entityDatabaseClock), ...used])];
  }

  /** The columns an UPDATE changes, those included that the database computes from others. */
  assigned(ref: TableRef, columns: readonly string[] | undefined): readonly string[] | undefined {
    const computed = this.entities(ref).flatMap((metadata) => metadata.columns.filter(isComputed));
    return columns && [...columns, ...computed.map(({ databaseName }) => databaseName)];
  }

  /** `undefined` for a clock of no table that is mapped here, and of one whose rows TypeORM changes beside what a statement says. */
  columnsOf(clock: string): MappedColumns | undefined {
    if (!this.#columns.has(clock)) this.#columns.set(clock, this.#mappedColumns(clock));
    return this.#columns.get(clock);
  }

  /** How a column's name is compared. */
  readonly columnName = (name: string): string => columnName(this.dataSource, name);

  #mappedColumns(clock: string): MappedColumns | undefined {
    const entities = [...this.#entities.values()].flat().filter((metadata) => entityClock(metadata) === clock);
    if (!entities.length || entities.some(({ treeType, tableType }) => treeType !== undefined || tableType === 'view'))
      return undefined;
    const columns = new Map<string, ColumnMetadata[]>();
    for (const column of entities.flatMap((metadata) => metadata.columns)) {
      if (column.isVirtualProperty) continue;
      const name = this.columnName(column.databaseName);
      columns.set(name, [...(columns.get(name) ?? []), column]);
    }
    return columns;
  }

  /** Whether one of the columns is part of a key that identifies rows of the table; `undefined` stands for any column. */
  hasKeyAmong(ref: TableRef, columns: readonly string[] | undefined): boolean {
    const entities = this.entities(ref);
    if (!columns || !entities.length) return true;
    const keys = new Set(entities.flatMap(keyColumns));
    return columns.some((column) => keys.has(column.toLowerCase()));
  }

  /** Whether the database itself makes a part of a unique key of the table, beside its primary one; `undefined` stands for any column. */
  hasComputedKey(ref: TableRef, computed: readonly string[] | undefined): boolean {
    const keys = new Set(this.entities(ref).flatMap(uniqueColumns));
    return computed ? computed.some((column) => keys.has(column.toLowerCase())) : keys.size > 0;
  }

  addTrigger(table: string, alsoWrites: readonly string[]): void {
    const known = this.#alsoWrites.get(table) ?? new Set();
    for (const other of alsoWrites) known.add(other);
    this.#alsoWrites.set(table, known);
  }

  /**
   * The clocks of the tables a name may mean: the one it says, and every mapped one it could lead to. Another DataSource may know the same
   * table under its full name, so a name that says its schema always stands for that table too.
   *
   * @param namespaces where names without a schema lead on this connection, when that is not where they led at the start
   */
  clocks(ref: TableRef, namespaces: readonly string[] = []): string[] {
    const found = new Set(this.entities(ref).map(entityClock));
    found.add(tableClock(this.dataSource, ref));
    if (ref.schema === undefined && ref.database === undefined) {
      for (const namespace of namespaces) found.add(tableClock(this.dataSource, this.#within(ref, namespace)));
    }
    return [...found];
  }

  /** The clocks of what an application calls by its entity or its name; `undefined` for an entity the DataSource does not know. */
  clocksNamed(target: TableTarget): string[] | undefined {
    if (this.dataSource.hasMetadata(target)) return ownClocks(this.dataSource.getMetadata(target));
    return typeof target === 'string' ? this.clocks(namedTable(this.dataSource, target)) : undefined;
  }

  /** What the mapped tables are called, with and without what they are in. */
  get names(): string[] {
    return [...this.#entities.values()].flat().flatMap(({ tableName, tablePath }) => [tableName, tablePath]);
  }

  isMapped(name: string): boolean {
    return this.entities(namedTable(this.dataSource, name)).length > 0;
  }

  /** What a reader of this name depends on: as `clocks`, and whatever may write anything in its database. */
  read(ref: TableRef): string[] {
    return [...this.clocks(ref), databaseClock(this.dataSource, ref.database)];
  }

  #within({ name }: TableRef, namespace: string): TableRef {
    return isMysql(this.dataSource) ? { name, database: namespace } : { name, schema: namespace };
  }

  entities({ name, schema, database }: TableRef): EntityMetadata[] {
    const known = this.#entities.get(name.toLowerCase()) ?? [];
    return known.filter((metadata) => {
      if (database && metadata.database && metadata.database.toLowerCase() !== database.toLowerCase()) return false;
      return !schema || !metadata.schema || metadata.schema.toLowerCase() === schema.toLowerCase();
    });
  }

  /** Tables whose rows the database deletes or changes when rows of this one are deleted. */
  changedByDelete(table: string): Set<string> {
    const changed = new Set<string>();
    const emptied = new Set<string>();
    const visit = (parent: string) => {
      for (const { child, onDelete, deletes, key } of this.#actions.get(parent) ?? []) {
        if (!onDelete || emptied.has(child)) continue;
        changed.add(child);
        if (deletes) {
          emptied.add(child);
          visit(child);
        } else {
          // A key set to null may itself be referred to: what follows its updates follows.
          for (const other of this.changedByUpdate(child, this.#unset(child, key))) changed.add(other);
        }
      }
    };
    visit(table);
    return changed;
  }

  /** The columns that change when a key does, those included that the database computes. */
  #unset(table: string, key: KeyAction | undefined): string[] | undefined {
    const entities = [...this.#entities.values()].flat().filter((metadata) => entityClock(metadata) === table);
    const computed = entities.flatMap((metadata) => metadata.columns.filter(isComputed));
    return key && [...key.columns.map(([own]) => own), ...computed.map(({ databaseName }) => databaseName)];
  }

  /** What the foreign keys of one table do by themselves when rows of another are deleted. */
  deleteActions(parent: string, child: string): KeyAction[] {
    return (this.#actions.get(parent) ?? []).flatMap(({ child: each, key }) => (each === child && key ? [key] : []));
  }

  /** Tables whose rows follow when these columns change; `undefined` stands for any column. */
  changedByUpdate(table: string, columns: readonly string[] | undefined): Set<string> {
    const changed = new Set<string>();
    const visit = (parent: string, assigned: ReadonlySet<string> | undefined) => {
      for (const { child, onUpdate } of this.#actions.get(parent) ?? []) {
        if (changed.has(child) || !onUpdate.some((column) => !assigned || assigned.has(column))) continue;
        changed.add(child);
        // Which of the child's columns followed is not worth working out: any of them may be referred to in turn.
        visit(child, undefined);
      }
    };
    visit(table, columns && new Set(columns.map((column) => column.toLowerCase())));
    return changed;
  }

  /** Every table that refers to this one, however it declares its foreign key: what TRUNCATE ... CASCADE empties. */
  referring(table: string): Set<string> {
    const found = new Set<string>();
    const visit = (parent: string) => {
      for (const { child } of this.#actions.get(parent) ?? []) {
        if (found.has(child)) continue;
        found.add(child);
        visit(child);
      }
    };
    visit(table);
    return found;
  }

  changedByTriggers(table: string): ReadonlySet<string> {
    return this.#alsoWrites.get(table) ?? new Set();
  }
}

/** That TypeORM knows of. What it calls `onUpdate` only MySQL does by itself; elsewhere a statement of TypeORM's says so. */
function isComputed({ generatedType, asExpression, onUpdate, entityMetadata }: ColumnMetadata): boolean {
  if (generatedType !== undefined || asExpression !== undefined) return true;
  return onUpdate !== undefined && isMysql(dataSourceOf(entityMetadata));
}

/** Columns of primary and unique keys. Whatever a foreign key refers to is one of them. */
function keyColumns(metadata: EntityMetadata): string[] {
  const primary = metadata.primaryColumns.map(({ databaseName }) => databaseName.toLowerCase());
  return [...primary, ...uniqueColumns(metadata)];
}

function uniqueColumns({ uniques, indices }: EntityMetadata): string[] {
  const unique = [...uniques, ...indices.filter(({ isUnique }) => isUnique)];
  return unique.flatMap(({ columns }) => columns.map(({ databaseName }) => databaseName.toLowerCase()));
}
