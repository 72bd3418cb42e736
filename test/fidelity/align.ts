import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';

/**
 * Puts related rows of `actual` into the order `expected` has them in: nobody asked the database for one, so it may answer two
 * statements differently. The roots too, when they were not ordered either.
 *
 * @returns whether anything had to move
 */
export function align(
  dataSource: DataSource,
  metadata: EntityMetadata,
  actual: ObjectLiteral[],
  expected: readonly ObjectLiteral[],
  roots: boolean,
): boolean {
  let moved = roots && reorder(actual, expected, keyOf(metadata));
  const visited = new Set<ObjectLiteral>();
  expected.forEach((entity, i) => alignOne(actual[i], entity, metadata));
  return moved;

  function alignOne(one: ObjectLiteral | undefined, other: ObjectLiteral | undefined, known: EntityMetadata): void {
    if (!one || !other || visited.has(other)) return;
    visited.add(other);
    const own = metadataOf(dataSource, other) ?? known;
    for (const relation of own.relations) {
      const values = [one, other].map((of) => loadedValue(of, relation));
      const [rows, wanted] = values.map((value) => (Array.isArray(value) ? value : [value]) as ObjectLiteral[]);
      if (!values.every(Boolean) || typeof rows![0] !== 'object') continue;
      if (reorder(rows!, wanted!, keyOf(relation.inverseEntityMetadata))) moved = true;
      wanted!.forEach((row, i) => alignOne(rows![i], row, relation.inverseEntityMetadata));
    }
    for (const ids of own.relationIds) {
      const [rows, wanted] = [one, other].map((of) => of[ids.propertyName] as unknown);
      if (Array.isArray(rows) && Array.isArray(wanted) && reorder(rows, wanted, JSON.stringify)) moved = true;
    }
  }
}

/** The metadata of the very class, which may be a subclass of what was asked for. */
export function metadataOf(dataSource: DataSource, entity: ObjectLiteral): EntityMetadata | undefined {
  const { constructor } = entity;
  return constructor !== Object && dataSource.hasMetadata(constructor)
    ? dataSource.getMetadata(constructor)
    : undefined;
}

/** Never asks a lazy relation, which would query: what is loaded lies beside it. */
function loadedValue(of: ObjectLiteral, relation: EntityMetadata['relations'][number]): unknown {
  const path = relation.propertyPath.split('.');
  const name = path.pop()!;
  const holder = path.reduce<ObjectLiteral | undefined>((outer, part) => outer?.[part] as ObjectLiteral, of);
  return holder?.[relation.isLazy ? `__${name}__` : name];
}

function reorder<T>(rows: T[], wanted: readonly T[], key: (row: T) => string): boolean {
  const keys = wanted.map(key);
  const places = rows.map((row) => keys.indexOf(key(row)));
  if (rows.length !== wanted.length || places.includes(-1) || new Set(places).size < places.length) return false;
  if (places.every((place, i) => place === i)) return false;
  const sorted = [...rows].sort((a, b) => keys.indexOf(key(a)) - keys.indexOf(key(b)));
  rows.splice(0, rows.length, ...sorted);
  return true;
}

function keyOf({ primaryColumns, columns }: EntityMetadata): (row: ObjectLiteral) => string {
  const naming = primaryColumns.length ? primaryColumns : columns;
  return (row) => naming.map((column) => String(column.getEntityValue(row))).join('|');
}
