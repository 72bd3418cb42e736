import { CacheModule } from '@nestjs/cache-manager';
import type { Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { randomUUID } from 'node:crypto';
import type { DataSource, DataSourceOptions, FindOptionsRelations, ObjectLiteral } from 'typeorm';
import {
  type BaseCacheManager,
  type CacheEvent,
  CacheEvents,
  QsCacheModule,
  type QsCacheOptions,
} from '../../../../lib/index.js';
import type { TestDatabase } from '../../../support/databases.js';
import { Statements } from '../../../support/statements.js';
import type { Observer, Scene } from './scene.js';

/** Above every identifier the scenes give away, so that generated ones do not collide with theirs. */
const FIRST_GENERATED_ID = 1_000;

/** A scene on a database, with everything needed to watch it. */
export interface Lab {
  readonly dataSource: DataSource;
  readonly statements: Statements;
  readonly events: CacheEvent[];
  get<T>(token: Type<T>): T;
  reset(): Promise<void>;
  /** What the manager answers, as text. */
  cached(observer: Observer): Promise<string>;
  /** What TypeORM's own find answers, with one query for all rows of a manager. */
  truths(observers: readonly Observer[]): Promise<string[]>;
  close(): Promise<void>;
}

export interface LabOptions {
  /** Over the DataSource's options. */
  readonly driver?: object;
  readonly cache?: QsCacheOptions;
}

/** One for all tests of a scene: an app and a schema each would take longer than the writes. */
export async function openLab(database: TestDatabase, scene: Scene, { driver, cache }: LabOptions = {}): Promise<Lab> {
  const options = {
    ...(await database.options()),
    ...driver,
    entities: [...scene.entities],
    synchronize: true,
    ...(database.name === 'mariadb' && { multipleStatements: true }),
  } as DataSourceOptions;
  const module = await Test.createTestingModule({
    imports: [
      CacheModule.register(),
      TypeOrmModule.forRoot(options),
      QsCacheModule.forRoot({ namespace: `write-paths-${randomUUID()}`, ...cache }),
      QsCacheModule.forFeature(scene.managers),
    ],
  }).compile();
  await module.init();
  const dataSource = module.get<DataSource>(getDataSourceToken());
  const events: CacheEvent[] = [];
  module.get(CacheEvents, { strict: false }).on((event) => events.push(event));
  if (database.name === 'postgres') await startGeneratedIds(dataSource);

  const managerOf = (observer: Observer) =>
    module.get<BaseCacheManager<ObjectLiteral>>(observer.manager, { strict: false });
  return {
    dataSource,
    statements: Statements.of(dataSource),
    events,
    get: (token) => module.get(token, { strict: false }),
    // In a transaction, so that the server's disk is waited for once.
    reset: () =>
      dataSource.transaction(async (manager) => {
        for (const statement of scene.reset) await manager.query(statement);
      }),
    cached: async (observer) => {
      const manager = managerOf(observer);
      const { id, where, filter } = observer;
      if (filter) return shown(await manager.all({ where: filter }));
      if (where) return shown(await manager.get(`by-${Object.keys(where).join()}`, { where, raiseException: false }));
      return shown(await (id === undefined ? manager.all() : manager.get(id, { raiseException: false })));
    },
    truths: async (observers) => {
      const known = new Map<string, Promise<ObjectLiteral[]>>();
      const rowsOf = (observer: Observer) => {
        const name = observer.manager.name + JSON.stringify(observer.filter);
        const rows = known.get(name) ?? findAll(dataSource, managerOf(observer), observer.filter);
        known.set(name, rows);
        return rows;
      };
      return Promise.all(
        observers.map(async (observer) => {
          const rows = await rowsOf(observer);
          if (observer.id === undefined && !observer.where) return shown(rows);
          const [key] = dataSource.getMetadata(managerOf(observer).model).primaryColumns;
          const wanted = Object.entries(observer.where ?? { [key!.propertyName]: observer.id });
          return shown(rows.find((row) => wanted.every(([property, value]) => row[property] === value)) ?? null);
        }),
      );
    },
    close: () => module.close(),
  };
}

function findAll(
  dataSource: DataSource,
  { model, relatedObjects, prefetchRelatedObjects }: BaseCacheManager<ObjectLiteral>,
  filter: object | undefined,
): Promise<ObjectLiteral[]> {
  const relations = relationsOf([...relatedObjects, ...prefetchRelatedObjects]);
  return dataSource.manager.find(model, { relations, ...(filter && { where: filter }) });
}

/** `['post.author']` as `{ post: { author: true } }`. */
function relationsOf(paths: readonly string[]): FindOptionsRelations<ObjectLiteral> {
  const tree: Record<string, unknown> = {};
  for (const path of paths) {
    let level = tree;
    for (const part of path.split('.')) level = (level[part] ??= {}) as Record<string, unknown>;
  }
  return asTree(tree);
}

function asTree(level: Record<string, unknown>): FindOptionsRelations<ObjectLiteral> {
  return Object.fromEntries(
    Object.entries(level).map(([name, below]) => [
      name,
      Object.keys(below as object).length ? asTree(below as never) : true,
    ]),
  );
}

/** Without an order of its own, an array's order is the database's business. */
function shown(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    Array.isArray(part) ? part.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : part,
  );
}

async function startGeneratedIds(dataSource: DataSource): Promise<void> {
  const sequences = await dataSource.query<{ name: string }[]>(
    'SELECT sequencename AS name FROM pg_sequences WHERE schemaname = current_schema()',
  );
  // Not by ALTER: after a definition nothing is told until the database has been asked again what its tables do.
  for (const { name } of sequences)
    await dataSource.query('SELECT setval(quote_ident($1)::regclass, $2, false)', [name, FIRST_GENERATED_ID]);
}
