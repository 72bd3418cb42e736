import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { execute } from '../databases/shared.js';

/** Who writes past TypeORM: the library cannot hear it. */
@Injectable()
export class Outside {
  constructor(private readonly dataSource: DataSource) {}

  async rename(id: number, title: string): Promise<void> {
    const { driver, options } = this.dataSource;
    const [table, column, key] = ['example', 'title', 'id'].map((name) => driver.escape(name));
    const sql = `UPDATE ${table} SET ${column} = '${title}' WHERE ${key} = ${id}`;
    if (options.type !== 'sqljs') return execute((options as { url: string }).url, sql);
    const { databaseConnection } = driver as unknown as { databaseConnection: { run(sql: string): void } };
    databaseConnection.run(sql);
  }
}
