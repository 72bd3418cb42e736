import type { TagView } from './tags.js';

/** What a load that begins now may be dated by: it sees every write these versions count. */
export interface AsOf {
  readonly epoch: string;
  /** The clock of every table the load may read. */
  readonly versions: ReadonlyMap<string, number>;
  /** Equal for two as-of between which nothing was written. */
  readonly name: string;
}

export function asOf(tags: TagView, tables: readonly string[]): AsOf {
  const versions = tags.versions(tables);
  const { epoch } = tags;
  return {
    epoch,
    versions: new Map(tables.map((table, i) => [table, versions[i]!])),
    name: JSON.stringify([epoch, versions]),
  };
}
