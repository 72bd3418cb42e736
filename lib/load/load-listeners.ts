import type { DataSource, EntityMetadata, ObjectLiteral, QueryRunner } from 'typeorm';

/** Who hears of loaded entities: `@AfterLoad` and subscribers' `afterLoad`. Loads run without them; they run on what is handed out. */
export class LoadListeners {
  constructor(
    private readonly dataSource: DataSource,
    private readonly metadata: EntityMetadata,
  ) {}

  /** Whether there is anybody. */
  get areThere(): boolean {
    const { subscribers, entityMetadatas } = this.dataSource;
    return (
      subscribers.some((subscriber) => subscriber.afterLoad) ||
      entityMetadatas.some(({ afterLoadListeners }) => afterLoadListeners.length)
    );
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
