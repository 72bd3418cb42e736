import type { EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { DriverUtils } from 'typeorm/driver/DriverUtils.js';
import { dataSourceOf } from '../peers/typeorm.js';
import type { RelationNode } from './relation-paths.js';

/**
 * Selects what a part of a list is ordered by. TypeORM asks for the keys of the part first, in a query around this one, which sees
 * of a relation that is joined for the order alone nothing to order by.
 */
export function selectOrder(
  builder: SelectQueryBuilder<ObjectLiteral>,
  nodes: readonly RelationNode[],
): SelectQueryBuilder<ObjectLiteral> {
  const loaded = relationsOf(nodes);
  const { joinAttributes, allOrderBys, mainAlias } = builder.expressionMap;
  // Without joins there is no query around this one.
  if (!joinAttributes.length) return builder;
  for (const criterion of Object.keys(allOrderBys)) {
    const [name = '', ...path] = criterion.split('.');
    const join = joinAttributes.find(({ alias }) => alias.name === name);
    const metadata = name === mainAlias?.name ? mainAlias.metadata : join?.metadata;
    const column = metadata?.findColumnWithPropertyPath(path.join('.'));
    if (!column || isSelected(builder, name, column)) continue;
    // A row that has several of what is not loaded would take several places of the part: that this cannot be is for TypeORM to say.
    if (multiplies(builder, join, loaded)) return builder;
    const { databaseName } = column;
    const alias = builder.escape(name);
    // As SQL, not as a property: no entity is to be made of it.
    const selection = column.query ? `(${column.query(alias)})` : `${alias}.${builder.escape(databaseName)}`;
    builder.addSelect(selection, DriverUtils.buildAlias(dataSourceOf(builder).driver, undefined, name, databaseName));
  }
  return builder;
}

/** A column that is left out where all are selected stays out: of what is read under its name a property would be made. */
function isSelected({ expressionMap }: SelectQueryBuilder<ObjectLiteral>, name: string, column: Column): boolean {
  const own = expressionMap.selects.map(({ selection }) => selection).filter((each) => each.startsWith(`${name}.`));
  const isWhole = expressionMap.selects.some(({ selection }) => selection === name);
  // Of what is selected in part TypeORM selects the key as well.
  return isWhole || own.includes(`${name}.${column.propertyPath}`) || (column.isPrimary && own.length > 0);
}

type Column = EntityMetadata['columns'][number];

type Join = SelectQueryBuilder<ObjectLiteral>['expressionMap']['joinAttributes'][number];

type Relation = RelationNode['relation'];

/** Whether a row may have joined several, here or above. */
function multiplies(
  builder: SelectQueryBuilder<ObjectLiteral>,
  join: Join | undefined,
  loaded: ReadonlySet<Relation>,
): boolean {
  if (!join) return false;
  const { relation, parentAlias } = join;
  if (relation && (relation.isOneToMany || relation.isManyToMany) && !loaded.has(relation)) return true;
  const above = builder.expressionMap.joinAttributes.find(({ alias }) => alias.name === parentAlias);
  return multiplies(builder, above, loaded);
}

function relationsOf(nodes: readonly RelationNode[]): Set<Relation> {
  return new Set(nodes.flatMap(({ relation, children }) => [relation, ...relationsOf(children)]));
}
