import type { DataSource, QueryRunner } from 'typeorm';
import {
  byClock,
  type StoredForeignKey,
  type StoredName,
  type StoredTable,
  type StoredTables,
} from './stored-tables.js';
import { storedTableClock } from '../../naming/table-clocks.js';

/** Of larger tables it takes too long to look at all rows, and an application waits for it to start. */
export const MOST_CHECKED_BYTES = 64 * 1024 * 1024;

/**
 * A server checks what is written while it has been told to, and believes what a dump or a migration has written while it was told not to: so
 * the rows are looked at, of small tables, the smallest first. @returns the keys, of which those that nobody has looked at, or that refer to
 * nothing somewhere, are not enforced
 */
export async function withoutDangling(
  dataSource: DataSource,
  runner: QueryRunner,
  { tables, foreignKeys }: Pick<StoredTables, 'tables' | 'foreignKeys'>,
): Promise<readonly StoredForeignKey[]> {
  const stored = byClock(dataSource, tables);
  const found = ({ schema, name }: StoredName): StoredTable | undefined => {
    const [table, ...others] = stored.get(storedTableClock(dataSource, schema, name)) ?? [];
    return table?.isPlain && !others.length ? table : undefined;
  };
  const sized = foreignKeys
    .filter(({ isEnforced }) => isEnforced)
    .flatMap((key) => {
      const [child, parent] = [found(key.child), found(key.parent)];
      return child && parent ? [{ key, bytes: (child.bytes ?? Infinity) + (parent.bytes ?? Infinity) }] : [];
    })
    .sort((one, other) => one.bytes - other.bytes);
  let bytes = 0;
  const looked = sized.filter((each) => (bytes += each.bytes) <= MOST_CHECKED_BYTES).map(({ key }) => key);
  const whole = new Set(await holding(dataSource, runner, looked));
  return foreignKeys.map((key) => ({ ...key, isEnforced: whole.has(key) }));
}

/** Those of the keys of which all rows refer to one that is there. */
async function holding(
  dataSource: DataSource,
  runner: QueryRunner,
  keys: readonly StoredForeignKey[],
): Promise<readonly StoredForeignKey[]> {
  if (!keys.length) return [];
  const escape = (name: string) => dataSource.driver.escape(name);
  const table = ({ schema, name }: StoredName) => `${schema === undefined ? '' : `${escape(schema)}.`}${escape(name)}`;
  const columns = keys.map(({ child, parent, columns: pairs }, i) => {
    const isSet = pairs.map(([own]) => `c.${escape(own)} IS NOT NULL`).join(' AND ');
    const isMet = pairs.map(([own, referenced]) => `p.${escape(referenced)} = c.${escape(own)}`).join(' AND ');
    return `EXISTS (SELECT 1 FROM ${table(child)} c WHERE ${isSet} AND NOT EXISTS (SELECT 1 FROM ${table(parent)} p WHERE ${isMet})) AS dangling${i}`;
  });
  try {
    const [row] = (await runner.query(`SELECT ${columns.join(', ')}`)) as [Record<string, unknown>];
    return keys.filter((_, i) => !Number(row[`dangling${i}`]));
  } catch {
    // Its user may not read one of them, or one has gone.
    return [];
  }
}
