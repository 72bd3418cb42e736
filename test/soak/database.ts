import { DataSource, type DataSourceOptions } from 'typeorm';
import { Article, Author, entities, Label, Remark, Scroll, sizes } from './entities.js';
import { recordHistory } from './history-schema.js';
import { type DatabaseKind } from './options.js';
import { lockTimeoutMs, type SoakSettings } from './settings.js';

type Address = Pick<SoakSettings, 'databaseUrl' | 'databaseName'> & { readonly kind: DatabaseKind };

export function databaseOptions({ kind, databaseUrl, databaseName }: Address): DataSourceOptions {
  // In parts, because TypeORM lets the scheme of a `url` override `type`.
  const { hostname, port, username, password } = new URL(databaseUrl);
  const address = {
    host: hostname,
    ...(port && { port: Number(port) }),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: databaseName,
    // The servers' connections are few, and so many processes share them.
    poolSize: 6,
    entities,
  };
  if (kind === 'mariadb') return { type: 'mariadb', ...address };
  return { type: 'postgres', ...address, extra: { options: `-c lock_timeout=${lockTimeoutMs.postgres}` } };
}

/** A new database with every row in it and its history; dropped by the returned function. */
export async function createDatabase(address: Address): Promise<{ dataSource: DataSource; drop: () => Promise<void> }> {
  const { kind, databaseName } = address;
  const { pathname } = new URL(address.databaseUrl);
  const home = databaseOptions({ ...address, databaseName: pathname.slice(1) });
  const server = await new DataSource({ ...home, entities: [] } as DataSourceOptions).initialize();
  await server.query(`CREATE DATABASE ${databaseName}`);
  const dataSource = new DataSource({ ...databaseOptions(address), synchronize: true } as DataSourceOptions);
  const drop = async () => {
    if (dataSource.isInitialized) await dataSource.destroy();
    await server.query(`DROP DATABASE ${databaseName}${kind === 'postgres' ? ' WITH (FORCE)' : ''}`);
    await server.destroy();
  };
  try {
    await dataSource.initialize();
    await recordHistory(dataSource, kind);
    await insertRows(dataSource);
  } catch (error) {
    await drop();
    throw error;
  }
  return { dataSource, drop };
}

async function insertRows({ manager }: DataSource): Promise<void> {
  const ids = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  await manager.insert(
    Author,
    ids(sizes.author).map((id) => ({ id })),
  );
  await manager.insert(
    Label,
    ids(sizes.label).map((id) => ({ id })),
  );
  await manager.insert(
    Article,
    ids(sizes.article).map((id) => ({
      id,
      slug: `slug-${id}`,
      shelf: 1 + (id % sizes.shelf),
      authorId: 1 + (id % sizes.author),
    })),
  );
  await manager.insert(
    Scroll,
    ids(sizes.scroll).map((id) => ({ id, text: 'x'.repeat(60_000) })),
  );
  await manager.insert(
    Remark,
    ids(sizes.remark).map((id) => ({ id, articleId: 1 + (id % sizes.article) })),
  );
  for (const id of ids(sizes.article)) {
    await manager
      .createQueryBuilder()
      .relation(Article, 'labels')
      .of(id)
      .add(1 + (id % sizes.label));
  }
}
