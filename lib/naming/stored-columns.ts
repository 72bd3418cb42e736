import type { EntityMetadata } from 'typeorm';

type ColumnMetadata = EntityMetadata['columns'][number];

/** Columns that their database compares in another way than their entities say. */
const unlike = new WeakSet<ColumnMetadata>();

/** Columns that may hold something else than they were given, though their entities say nothing of it. */
const altering = new WeakSet<ColumnMetadata>();

/**
 * A table that was made by hand, or by a migration, may have another type of column than its entity says: a `citext` that is called a text there.
 * What was found once stays: entries may rest on it.
 */
export function noteUnlike(column: ColumnMetadata): void {
  unlike.add(column);
}

export function isUnlike(column: ColumnMetadata): boolean {
  return unlike.has(column);
}

export function noteAltering(column: ColumnMetadata): void {
  altering.add(column);
}

export function isAltering(column: ColumnMetadata): boolean {
  return altering.has(column);
}
