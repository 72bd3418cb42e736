import type { DataSource, EntityMetadata } from 'typeorm';
import { entityCodec } from '../codec/entity-codec.js';

/** What the managers of one application let into no entry: of an entity wherever it is mapped, and several DataSources may have it. */
export class KeptOut {
  readonly #paths = new Map<EntityMetadata['target'], Set<string>>();
  readonly #dataSources = new Set<DataSource>();

  /** A manager is bound: what it keeps out is kept out of other DataSources' entries, what others do out of this one's. */
  share(dataSource: DataSource, { target }: EntityMetadata, paths: readonly string[]): void {
    this.#dataSources.add(dataSource);
    const known = this.#paths.get(target) ?? new Set();
    this.#paths.set(target, known);
    for (const path of paths) known.add(path);
    for (const each of this.#dataSources) this.#keepOutOf(each);
  }

  #keepOutOf(dataSource: DataSource): void {
    for (const [target, paths] of this.#paths) {
      if (!dataSource.hasMetadata(target)) continue;
      const codec = entityCodec(dataSource.getMetadata(target));
      for (const path of paths) codec.keepOut(path);
    }
  }
}
