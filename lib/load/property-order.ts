import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { RelationNode } from './relation-paths.js';

type EmbeddedMetadata = EntityMetadata['embeddeds'][number];

/** A property, in the embedded objects that lead to it. */
interface Place {
  readonly path: readonly EmbeddedMetadata[];
  readonly name: string;
  /** Of an embedded object, its columns: where one of them is set, the object is made before any relation. */
  readonly columns?: EmbeddedMetadata['columns'];
}

/**
 * Puts what was prefetched where `find` would have set it, so that JSON reads the same: TypeORM sets the relations that were asked
 * for, then the eager ones, then relation ids, and a prefetched relation arrives after all of them.
 */
export function inOrderOfFind(
  metadata: EntityMetadata,
  nodes: readonly RelationNode[],
): (entity: ObjectLiteral) => void {
  const known = new Map<unknown, readonly Place[]>();
  return (entity) => {
    const type: unknown = entity.constructor;
    let places = known.get(type);
    if (!places) {
      const own = metadata.childEntityMetadatas.find(({ target }) => target === type) ?? metadata;
      known.set(type, (places = placesOf(own, nodes)));
    }
    for (const { path, name, columns } of places) {
      if (columns?.some((column) => !column.isVirtual && column.getEntityValue(entity) !== undefined)) continue;
      let holder = entity as ObjectLiteral | undefined;
      for (const { propertyName } of path) holder = holder?.[propertyName] as ObjectLiteral | undefined;
      const property = holder && Object.getOwnPropertyDescriptor(holder, name);
      if (!property?.configurable || !('value' in property)) continue;
      // What is deleted and set anew is the last property.
      delete holder![name];
      Object.defineProperty(holder, name, property);
    }
  };
}

/** What is set after the columns, in TypeORM's order; nothing where the order of arrival is that order. */
function placesOf(metadata: EntityMetadata, nodes: readonly RelationNode[]): readonly Place[] {
  const asked = nodes.map(({ relation }) => relation);
  const eager = metadata.eagerRelations.filter((relation) => !asked.includes(relation));
  const ids: Place[] = metadata.relationIds.map(({ propertyName: name }) => ({ path: [], name }));
  for (const { embeddedMetadataTree: path, relationIds } of metadata.allEmbeddeds) {
    for (const { propertyName: name } of relationIds) ids.push({ path, name });
  }
  // An eager one is joined, wherever it is asked for.
  const arrived = nodes.toSorted((a, b) => Number(a.prefetch) - Number(b.prefetch));
  if (!eager.length && !ids.length && arrived.every((node, i) => node === nodes[i])) return [];
  const places = new Map<string, Place>();
  for (const { isLazy, propertyName, embeddedMetadata } of [...asked, ...eager]) {
    const path = embeddedMetadata?.embeddedMetadataTree ?? [];
    path.forEach(({ columnsFromTree: columns, propertyName: name }, depth) => {
      add({ path: path.slice(0, depth), name, columns });
    });
    add({ path, name: isLazy ? `__${propertyName}__` : propertyName });
  }
  ids.forEach(add);
  return [...places.values()];

  function add(place: Place): void {
    const { path, name } = place;
    const blank: ObjectLiteral = path.length
      ? (path.at(-1)!.create() as ObjectLiteral)
      : metadata.create(undefined, { fromDeserializer: true });
    // A property that the constructor makes has its place from the start.
    if (Object.hasOwn(blank, name)) return;
    const text = [...path.map(({ propertyName }) => propertyName), name].join('.');
    if (!places.has(text)) places.set(text, place);
  }
}
