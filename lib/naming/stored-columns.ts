import type { EntityMetadata } from 'typeorm';

type ColumnMetadata = EntityMetadata['columns'][number];

/** How a column of a table differs from what its entity says. */
export interface ColumnDifference {
  /** Its values compare in another way. */
  readonly isUnlike: boolean;
  /** It may hold something else than it was given. */
  readonly isAltering: boolean;
}

const unlike = new WeakSet<ColumnMetadata>();
const altering = new WeakSet<ColumnMetadata>();

/**
 * A table that was made by hand, or by a migration, may have another type of column than its entity says: a `citext` that is called a text there.
 */
export function noteColumn(column: ColumnMetadata, { isUnlike: differs, isAltering: alters }: ColumnDifference): void {
  note(unlike, column, differs);
  note(altering, column, alters);
}

export function isUnlike(column: ColumnMetadata): boolean {
  return unlike.has(column);
}

export function isAltering(column: ColumnMetadata): boolean {
  return altering.has(column);
}

function note(all: WeakSet<ColumnMetadata>, column: ColumnMetadata, isOne: boolean): void {
  if (isOne) all.add(column);
  else all.delete(column);
}
