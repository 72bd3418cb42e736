import { DataSource } from 'typeorm';
import { exampleEntities } from '../fixtures/entities/example.entity.js';

/** A DataSource that knows its entities and never connects: the engine asks it for names only. */
class UnconnectedDataSource extends DataSource {
  constructor() {
    super({ type: 'postgres', database: 'app', entities: exampleEntities });
  }

  async prepare(): Promise<this> {
    await this.buildMetadatas();
    return this;
  }
}

export const dataSource = await new UnconnectedDataSource().prepare();
