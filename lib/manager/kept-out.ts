import type { DataSource, EntityMetadata } from 'typeorm';
import { entityCodec } from '../codec/entity-codec.js';
import { hideColumn } from '../naming/column-value.js';

/** What the managers of one application let into no entry: of an entity wherever it is mapped, and several DataSources may have it. */
export class KeptOut {
  readonly #paths = new Map<EntityMetadata['target'], Set<string>>();
  /** With the entities it has had them kept out of: each `initialize()` makes others. */
  readonly #dataSources = new Map<DataSource, DataSource['entityMetadatas']>();

  /** A manager is bound: what it keeps out is kept out of other DataSources' entries, what others do out of this one's. */
  share(dataSource: DataSource, { target }: EntityMetadata, paths: readonly string[]): void {
    if (this.#dataSources.get(dataSource) !== dataSource.entityMetadatas) {
      this.#dataSources.set(dataSource, dataSource.entityMetadatas);
      for (const [known, keptOut] of this.#paths) keepOut(dataSource, known, keptOut);
    }
    if (!paths.length) return;
    const keptOut = this.#paths.get(target) ?? new Set();
    this.#paths.set(target, keptOut);
    for (const path of paths) keptOut.add(path);
    for (const each of this.#dataSources.keys()) keepOut(each, target, keptOut);
  }
}

function keepOut(dataSource: DataSource, target: EntityMetadata['target'], paths: Iterable<string>): void {
  if (!dataSource.hasMetadata(target)) return;
  const metadata = dataSource.getMetadata(target);
  const codec = entityCodec(metadata);
  for (const path of paths) {
    codec.keepOut(path);
    for (const column of metadata.columns) {
      if (column.propertyPath === path || column.propertyPath.startsWith(`${path}.`)) hideColumn(column);
    }
  }
}
