import { NestFactory } from '@nestjs/core';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { QsCache } from 'nestjs-qscache';
import { DataSource, type Repository } from 'typeorm';
import { AppModule } from '../app.module.js';
import { Example } from '../model/example.entity.js';
import { ExampleCacheManager, UserCacheManager } from '../model/managers.js';
import { Outside } from '../model/outside.js';
import { QueryCount } from '../model/query-count.js';
import { User } from '../model/user.entity.js';

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** A running application, with what a test needs of it. */
export class Application {
  readonly examples: ExampleCacheManager;
  readonly users: UserCacheManager;
  readonly cache: QsCache;
  readonly outside: Outside;
  readonly dataSource: DataSource;
  readonly repository: Repository<Example>;

  private constructor(
    private readonly nest: INestApplication,
    private readonly count: QueryCount,
    private readonly url: string,
  ) {
    this.examples = nest.get(ExampleCacheManager);
    this.users = nest.get(UserCacheManager);
    this.cache = nest.get(QsCache);
    this.outside = nest.get(Outside);
    this.dataSource = nest.get(DataSource);
    this.repository = this.dataSource.getRepository(Example);
  }

  static async start(database: TypeOrmModuleOptions, caches: DynamicModule[]): Promise<Application> {
    const count = new QueryCount();
    const nest = await NestFactory.create(AppModule.register(database, caches, count), { logger: ['error'] });
    await nest.listen(0, '127.0.0.1');
    return new Application(nest, count, await nest.getUrl());
  }

  async request<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
    const response = await fetch(this.url + path, {
      method,
      headers: { 'content-type': 'application/json', connection: 'close' },
      ...(body && { body: JSON.stringify(body) }),
    });
    // Not `response.json()`: its arrays are none of the Array that jest gives a test.
    return { status: response.status, body: JSON.parse(await response.text()) as T };
  }

  /** What `work` resolves with, and how many statements this application sent meanwhile. */
  async counted<T>(work: () => PromiseLike<T>): Promise<{ queries: number; result: T }> {
    const before = this.count.queries;
    const result = await work();
    return { queries: this.count.queries - before, result };
  }

  /** SQL with names in "double quotes", sent with those of this database. */
  query(sql: string): Promise<unknown> {
    return this.dataSource.query(sql.replace(/"(\w+)"/g, (_, name: string) => this.dataSource.driver.escape(name)));
  }

  /** ann and bob; 1 "one" of ann with ann and bob, 2 "two" of nobody, inactive. The identifiers are new each time. */
  async seed(): Promise<{ ann: User; bob: User; one: Example; two: Example }> {
    const { manager } = this.dataSource;
    for (const entity of [Example, User]) await manager.createQueryBuilder().delete().from(entity).execute();
    const ann = await manager.save(User, { username: 'ann' });
    const bob = await manager.save(User, { username: 'bob' });
    const one = await manager.save(Example, { title: 'one', user: ann, users: [ann, bob] });
    const two = await manager.save(Example, { title: 'two', isActive: false, user: null, users: [] });
    return { ann: ann as User, bob: bob as User, one: one as Example, two: two as Example };
  }

  close(): Promise<void> {
    return this.nest.close();
  }
}
