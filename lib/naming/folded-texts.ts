import type { DataSource, EntityMetadata } from 'typeorm';
import { dataSourceOf } from '../peers/typeorm.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/**
 * Collations of MySQL and MariaDB in which plain texts differ wherever they do in lower case. None of a language is among them: in some of those
 * two letters are one.
 */
const COLLATIONS =
  /^(?:(?:ascii|latin1|utf8(?:mb[34])?)_(?:nopad_)?bin|ascii_general_(?:nopad_)?ci|latin1_(?:swedish_(?:nopad_)?ci|general_c[is])|utf8(?:mb[34])?_(?:(?:general|unicode|unicode_520)_(?:nopad_)?ci|uca1400_(?:nopad_)?a[is]_c[is]))$/;

/**
 * Without a space at its end, which counts or not, nor anything that has an accent, a weight of its own or none. None that is empty: MariaDB
 * may take that for NULL.
 */
const PLAIN = /^(?! )[\w .@:/+-]+(?<! )$/;

/** How many characters a column takes; `undefined` where nobody knows by which of these collations it compares. */
export type TextLengths = (column: ColumnMetadata) => number | undefined;

const asked = new WeakMap<DataSource, TextLengths>();

export function isFoldedAlike(collation: string): boolean {
  return COLLATIONS.test(collation);
}

/** From now on this is asked about the columns of a DataSource. */
export function askForTextLengths(dataSource: DataSource, lengths: TextLengths): void {
  asked.set(dataSource, lengths);
}

export function textLength(column: ColumnMetadata): number | undefined {
  return asked.get(dataSourceOf(column.entityMetadata))?.(column);
}

/**
 * What all texts have in common that such a collation may call equal to this one, and no others; `undefined` for a text of which that is not
 * known. A longer one than its column takes may have been cut off.
 */
export function foldedText(value: unknown, longest: number): string | undefined {
  return typeof value === 'string' && value.length <= longest && PLAIN.test(value) ? value.toLowerCase() : undefined;
}
