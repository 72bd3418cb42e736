import { inspect } from 'node:util';
import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Application } from './application.js';
import { differenceOf } from './difference.js';
import type { ManagerShape } from './entity-set.js';

/** Saves both as they are, and then with a change, in transactions that are rolled back: the database must be asked the same. */
export async function savingDifference(
  application: Application,
  shape: ManagerShape,
  actual: ObjectLiteral[],
  expected: ObjectLiteral[],
): Promise<string | undefined> {
  const metadata = application.dataSource.getMetadata(shape.model as never);
  if (metadata.tableType === 'view') return undefined;
  const wanted = await statementsOf(application, shape, metadata, inOrder(metadata, expected));
  const given = await statementsOf(application, shape, metadata, inOrder(metadata, actual));
  // TypeORM reads the rows again before it saves them, in no order, and writes in the order it read.
  const difference = differenceOf(given, wanted) && differenceOf(given.map(sorted), wanted.map(sorted));
  return difference && `saved back, statement ${difference}`;
}

/** A list in no order is saved in whatever order it came. */
function inOrder(metadata: EntityMetadata, entities: readonly ObjectLiteral[]): ObjectLiteral[] {
  const keyOf = (entity: ObjectLiteral) => inspect(metadata.getEntityIdMap(entity), { depth: null });
  return entities.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

async function statementsOf(
  { dataSource, log }: Application,
  shape: ManagerShape,
  metadata: EntityMetadata,
  entities: ObjectLiteral[],
): Promise<unknown[][]> {
  const runner = dataSource.createQueryRunner();
  await runner.startTransaction();
  const save = async () => {
    try {
      await runner.manager.save(shape.model as never, entities as never, { reload: false });
      return 'saved';
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
  };
  try {
    const unchanged = await log.during(save);
    for (const entity of entities) change(metadata, entity);
    const changed = await log.during(save);
    return [unchanged, changed].map(({ result, statements }) => [result, ...statements]);
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}

function sorted(statements: readonly unknown[]): unknown[] {
  return inTextOrder(statements.map(withoutOrder));
}

/** The keys of the rows it reads again. */
function withoutOrder(statement: unknown): unknown {
  if (!Array.isArray(statement) || !String(statement[0]).startsWith('SELECT')) return statement;
  const [sql, ...values] = statement as unknown[];
  return [sql, ...inTextOrder(values)];
}

function inTextOrder(values: readonly unknown[]): unknown[] {
  return values.toSorted((a, b) => (inspect(a) < inspect(b) ? -1 : 1));
}

function change({ columns }: EntityMetadata, entity: ObjectLiteral): void {
  const column = columns.find(
    ({ isPrimary, propertyName, embeddedMetadata, relationMetadata, type }) =>
      !isPrimary &&
      !embeddedMetadata &&
      !relationMetadata &&
      typeof entity[propertyName] === 'string' &&
      /^(varchar|character varying|text)$/.test(String(type)),
  );
  if (column) entity[column.propertyName] = `${entity[column.propertyName] as string}!`;
}
