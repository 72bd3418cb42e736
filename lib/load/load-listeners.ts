import type { DataSource, EntityMetadata, ObjectLiteral, QueryRunner } from 'typeorm';

/** Who hears of loaded entities: `@AfterLoad` and subscribers' `afterLoad`. Loads run without them; they run on what is handed out. */
export class LoadListeners {
  #known: { readonly of: DataSource['entityMetadatas']; readonly are: boolean } | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly metadata: EntityMetadata,
  ) {}

  /** Whether there is anybody. */
  get areThere(): boolean {
    const { subscribers, entityMetadatas } = this.dataSource;
    // Asked with every read, and of a DataSource that has hundreds of entities.
    if (this.#known?.of !== entityMetadatas) {
      const are = entityMetadatas.some(({ afterLoadListeners }) => afterLoadListeners.length);
      this.#known = { of: entityMetadatas, are };
    }
    return this.#known.are || subscribers.some((subscriber) => subscriber.afterLoad);
  }

  /** Tells them as TypeORM does, of every copy anew. */
  async tell(entities: ObjectLiteral[], runner?: QueryRunner): Promise<void> {
    if (!entities.length || !this.areThere) return;
    const own = runner ?? this.dataSource.createQueryRunner('master');
    try {
      await own.broadcaster.broadcast('Load', this.metadata, entities);
    } finally {
      if (!runner) await own.release();
    }
  }
}
