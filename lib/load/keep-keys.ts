import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';

type Builder = SelectQueryBuilder<ObjectLiteral>;

/**
 * Keeps the keys of a part of a list, which nobody may have selected. TypeORM asks for such a part by copies of its query, which forget
 * that entities are to be made of it, and with that to select the keys.
 */
export function keepKeys(builder: Builder): Builder {
  const clone = builder.clone.bind(builder);
  builder.clone = () => {
    const copy = clone();
    copy.expressionMap.queryEntity = builder.expressionMap.queryEntity;
    return copy;
  };
  return builder;
}
