import type { DataSource, EntityMetadata, FindManyOptions, ObjectLiteral } from 'typeorm';
import type { Identifier } from '../../lib/index.js';
import type { Manager } from './application.js';
import type { ManagerShape } from './entity-set.js';
import { unshareLists } from './relation-ids.js';

/** One way to read through a manager, and what `find` is asked for the same. */
export interface Read {
  readonly name: string;
  readonly through: (manager: Manager) => Promise<ObjectLiteral[]>;
  readonly find: FindManyOptions<ObjectLiteral>;
  /** Entries it is answered from. */
  readonly entries: number;
  /** Whether the roots come in an order that was asked for. */
  readonly ordered: boolean;
  /** Whether this one is saved back too: the whole list and one detail are enough. */
  readonly saved: boolean;
}

/** Every read of a manager's public API, with the rows there are. */
export async function readsOf(dataSource: DataSource, shape: ManagerShape): Promise<Read[]> {
  const metadata = dataSource.getMetadata(shape.model as never);
  const rows = await dataSource
    .getRepository<ObjectLiteral>(shape.model as never)
    .find({ loadEagerRelations: false, ...(metadata.primaryColumns.length && { order: orderOf(metadata) }) });
  const where = shape.where ?? plainFilter(metadata, rows);
  const reads: Read[] = [
    { name: 'all()', through: async (manager) => manager.all(), find: {}, entries: 1, ordered: false, saved: true },
  ];
  if (where) {
    reads.push({
      name: 'all({ where })',
      through: async (manager) => manager.all({ where }),
      find: { where },
      entries: 1,
      ordered: false,
      saved: false,
    });
  }
  if (!metadata.primaryColumns.length) return reads;
  const order = orderOf(metadata);
  reads.push({
    name: 'all().orderBy().cache()',
    through: async (manager) => manager.all().orderBy(order).cache('ordered'),
    find: { order },
    entries: 1,
    ordered: true,
    saved: false,
  });
  const identified = rows.slice(0, shape.details ?? 2).map((row) => ({ row, key: keyOf(metadata, row) }));
  for (const [i, { key, row }] of identified.entries()) {
    reads.push({
      name: `get(${show(key)})`,
      through: async (manager) => [await manager.get(key)],
      find: { where: keyWhere(metadata, row) },
      entries: 1,
      ordered: true,
      saved: i === 0,
    });
  }
  const [first] = identified;
  if (first) {
    reads.push({
      name: `get('named', { where })`,
      through: async (manager) => [await manager.get('named', { where: keyWhere(metadata, first.row) })],
      find: { where: keyWhere(metadata, first.row) },
      entries: 1,
      ordered: true,
      saved: false,
    });
  }
  reads.push({
    name: 'getMany()',
    through: (manager) => manager.getMany(identified.map(({ key }) => key)),
    find: { where: identified.map(({ row }) => keyWhere(metadata, row)), order },
    entries: identified.length,
    ordered: true,
    saved: false,
  });
  return reads;
}

/** `find` as the reference: one statement with every relation joined, which is what `relations` means to it by default. */
export async function findAll(
  dataSource: DataSource,
  shape: ManagerShape,
  find: FindManyOptions<ObjectLiteral>,
  relationLoadStrategy: 'join' | 'query' = 'join',
): Promise<ObjectLiteral[]> {
  const relations = relationTree([...(shape.joined ?? []), ...(shape.prefetched ?? [])]);
  const found = await dataSource
    .getRepository<ObjectLiteral>(shape.model as never)
    .find({ ...find, relations, relationLoadStrategy });
  if (dataSource.entityMetadatas.some(({ relationIds }) => relationIds.length)) unshareLists(found);
  return found;
}

function relationTree(paths: readonly string[]): object {
  const tree: Record<string, unknown> = {};
  for (const path of paths) {
    let level = tree;
    for (const part of path.split('.')) level = (level[part] ??= {}) as Record<string, unknown>;
  }
  return tree;
}

/** By the key, backwards: an order that no database falls into by itself. */
function orderOf(metadata: EntityMetadata): Record<string, never> {
  return nested(metadata, () => 'DESC') as Record<string, never>;
}

function keyWhere(metadata: EntityMetadata, row: ObjectLiteral): ObjectLiteral {
  return nested(metadata, (column) => column.getEntityValue(row) as unknown);
}

function keyOf(metadata: EntityMetadata, row: ObjectLiteral): Identifier {
  const { primaryColumns } = metadata;
  return (primaryColumns.length === 1 ? primaryColumns[0]!.getEntityValue(row) : keyWhere(metadata, row)) as Identifier;
}

/** A value for each column of the key, where it stands in an entity. */
function nested(
  { primaryColumns }: EntityMetadata,
  valueOf: (column: EntityMetadata['columns'][number]) => unknown,
): ObjectLiteral {
  const result: ObjectLiteral = {};
  for (const column of primaryColumns) {
    const path = column.propertyPath.split('.');
    const name = path.pop()!;
    const level = path.reduce((outer, part) => (outer[part] ??= {}) as ObjectLiteral, result);
    level[name] = valueOf(column);
  }
  return result;
}

function plainFilter({ columns }: EntityMetadata, [row]: readonly ObjectLiteral[]): ObjectLiteral | undefined {
  const column = columns.find(
    (one) =>
      !one.isPrimary &&
      !one.relationMetadata &&
      !one.embeddedMetadata &&
      !one.isVirtual &&
      !one.transformer &&
      typeof row?.[one.propertyName] === 'string' &&
      /^(varchar|character varying|text)$/.test(String(one.type)),
  );
  return column && { [column.propertyName]: row![column.propertyName] as unknown };
}

function show(key: Identifier): string {
  return typeof key === 'object' ? JSON.stringify(key) : String(key);
}
