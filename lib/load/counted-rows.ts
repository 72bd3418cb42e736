import type { EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { rowKey } from '../naming/row-key.js';
import { keyOf } from './shown-rows.js';

/** Rows beyond which a count does not say which they are: what it then takes of the store is more than a count is worth. */
const MOST_ROWS = 200;

/** Characters of their names, for the same reason. */
const MOST_CHARACTERS = 4_000;

/**
 * The names of the rows that are to be counted, if they are few: a change of a row that is none of them and does not become one leaves the count
 * as it is, whatever else nobody knows of it. One statement, and the count is known with it.
 *
 * @param builder of a query that counts; `undefined` where its rows have no names, or are too many
 */
export async function countedRows(
  metadata: EntityMetadata,
  builder: SelectQueryBuilder<ObjectLiteral>,
): Promise<readonly string[] | undefined> {
  if (!keyOf(metadata).length) return undefined;
  const { primaryColumns } = metadata;
  const alias = (place: number) => `key_${place}`;
  builder.orderBy().setOption('disable-global-order').select([]);
  primaryColumns.forEach(({ databaseName }, place) => {
    builder.addSelect(`${builder.escape(builder.alias)}.${builder.escape(databaseName)}`, alias(place));
  });
  // A join may find a row more than once.
  if (builder.expressionMap.joinAttributes.length) builder.distinct();
  const found = await builder.limit(MOST_ROWS + 1).getRawMany<ObjectLiteral>();
  if (found.length > MOST_ROWS) return undefined;
  const nameOf = rowKey(metadata);
  const names = found.map((row) => nameOf((column) => row[alias(primaryColumns.indexOf(column))]));
  const known = names.filter((name) => name !== undefined);
  const characters = known.reduce((sum, name) => sum + name.length, 0);
  return known.length === found.length && characters <= MOST_CHARACTERS ? known : undefined;
}
