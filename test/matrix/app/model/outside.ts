import { Injectable } from '@nestjs/common';
import { Client } from 'pg';
import { DataSource } from 'typeorm';

/** Who writes past TypeORM: the library cannot hear it. */
@Injectable()
export class Outside {
  constructor(private readonly dataSource: DataSource) {}

  async rename(id: number, title: string): Promise<void> {
    const { driver, options } = this.dataSource;
    if (options.type === 'sqljs') {
      const { databaseConnection } = driver as unknown as { databaseConnection: { run(sql: string): void } };
      databaseConnection.run(`UPDATE "example" SET "title" = '${title}' WHERE "id" = ${id}`);
      return;
    }
    const client = new Client({ connectionString: (options as { url: string }).url });
    await client.connect();
    await client.query('UPDATE "example" SET "title" = $1 WHERE "id" = $2', [title, id]);
    await client.end();
  }
}
