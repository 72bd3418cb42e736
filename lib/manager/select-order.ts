import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { DriverUtils } from 'typeorm/driver/DriverUtils.js';

/**
 * Selects what a part of a list is ordered by. TypeORM asks for the keys of the part first, in a query around this one, which sees
 * of a relation that is joined for the order alone nothing to order by.
 */
export function selectOrder(builder: SelectQueryBuilder<ObjectLiteral>): SelectQueryBuilder<ObjectLiteral> {
  const { joinAttributes, allOrderBys } = builder.expressionMap;
  for (const criterion of Object.keys(allOrderBys)) {
    const [name = '', ...path] = criterion.split('.');
    const join = joinAttributes.find(({ alias }) => alias.name === name);
    const column = join?.metadata?.findColumnWithPropertyPath(path.join('.'));
    if (!join || !column || join.isSelected) continue;
    const { databaseName } = column;
    const alias = builder.escape(name);
    // As SQL, not as a property: no entity is to be made of it.
    const selection = column.query ? `(${column.query(alias)})` : `${alias}.${builder.escape(databaseName)}`;
    builder.addSelect(selection, DriverUtils.buildAlias(builder.dataSource.driver, undefined, name, databaseName));
  }
  return builder;
}
