import type { DataSource } from 'typeorm';

/**
 * The same DataSource without TypeORM's own result cache. With `cache: { alwaysEnabled: true }` it would feed us old rows, and a query can
 * refuse it for itself only: not for those TypeORM makes beside it (relation ids) and around it (EXISTS).
 */
export function withoutResultCache(dataSource: DataSource): DataSource {
  return Object.create(dataSource, { queryResultCache: { value: undefined } }) as DataSource;
}
