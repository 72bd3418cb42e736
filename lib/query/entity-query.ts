import type { FindManyOptions, ObjectLiteral } from 'typeorm';

/** The part of TypeORM's find options a query set can carry. */
export type EntityQuery = Pick<FindManyOptions<ObjectLiteral>, 'where' | 'order' | 'select' | 'skip' | 'take'>;
