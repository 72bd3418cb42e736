import { DataSource, type EntityManager, type EntityMetadata } from 'typeorm';

/** TypeORM 0.3 and 1 differ in what `find` does; what is expected of us is what `find` of the same version does. */
export const isTypeOrm0 = !('dataSource' in new DataSource({ type: 'sqljs' }).manager);

/** TypeORM 0.3 calls it `connection`. */
export function dataSourceOf(of: EntityManager | EntityMetadata): DataSource {
  const { dataSource, connection } = of as { dataSource?: DataSource; connection?: DataSource };
  return dataSource ?? connection!;
}
