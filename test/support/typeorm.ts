import { DataSource, type EntityManager } from 'typeorm';

/** TypeORM 0.3 and 1 differ in what `find` does; what is expected of us is what `find` of the same version does. */
export const isTypeOrm0 = !('dataSource' in new DataSource({ type: 'sqljs' }).manager);

/** TypeORM 0.3 calls it `connection`. */
export function dataSourceOf(manager: EntityManager): DataSource {
  const { dataSource, connection } = manager as { dataSource?: DataSource; connection?: DataSource };
  return dataSource ?? connection!;
}
