import type { EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { DriverUtils } from 'typeorm/driver/DriverUtils.js';
import { dataSourceOf } from '../peers/typeorm.js';
import { relatedEntities, type RelationNode } from './relation-paths.js';

/** An entity and the rows TypeORM made it from. */
export interface Loaded {
  readonly entity: ObjectLiteral;
  readonly rows: readonly ObjectLiteral[];
  /** Its primary key as the driver gave it, a value for each column. */
  readonly key: readonly unknown[];
  /** The same as a text, equal for equal keys. */
  readonly name: string;
}

/** TypeORM made other entities of some rows than expected: it cannot be told which is which. */
export class UnpairedRowsError extends Error {}

/**
 * Entities with the rows behind them. An entity cannot be asked for its key: a transformer may make two keys one, a relation takes
 * the place of a foreign key that is part of it, and of such a key nothing is left once that relation is null.
 */
export class LoadedRows {
  constructor(private readonly builder: SelectQueryBuilder<ObjectLiteral>) {}

  roots(rows: readonly ObjectLiteral[], entities: readonly ObjectLiteral[]): Loaded[] {
    const { name, metadata } = this.builder.expressionMap.mainAlias!;
    return this.#pair(name, metadata, rows, entities);
  }

  /** What was joined to the parents under their alias. */
  joined(parentAlias: string, node: RelationNode, parents: readonly Loaded[]): { alias: string; loaded: Loaded[] } {
    const { relation } = node;
    const join = this.builder.expressionMap.joinAttributes.find(
      (each) => each.isSelected && each.parentAlias === parentAlias && each.relation === relation,
    );
    if (!join) return { alias: parentAlias, loaded: [] };
    const { name: alias } = join.alias;
    const loaded = parents.flatMap(({ entity, rows }) =>
      this.#pair(alias, relation.inverseEntityMetadata, rows, relatedEntities(node, entity)),
    );
    return { alias, loaded };
  }

  /** What the driver gave for these columns under an alias; `undefined` for one that was not selected. */
  values({ rows }: Loaded, alias: string, columns: readonly { readonly databaseName: string }[]): unknown[] {
    const { driver } = dataSourceOf(this.builder);
    return columns.map(({ databaseName }) => rows[0]![DriverUtils.buildAlias(driver, undefined, alias, databaseName)]);
  }

  /** TypeORM makes one entity of the rows with one key, in their order, and none of a row that joined nothing. */
  #pair(
    alias: string,
    { tableType, columns, primaryColumns }: EntityMetadata,
    rows: readonly ObjectLiteral[],
    entities: readonly ObjectLiteral[],
  ): Loaded[] {
    const { driver } = dataSourceOf(this.builder);
    const nameOf = ({ databaseName }: { databaseName: string }) =>
      DriverUtils.buildAlias(driver, undefined, alias, databaseName);
    const names = primaryColumns.map(nameOf);
    // A view may have no key, so TypeORM tells its rows apart by all they hold.
    const telling = tableType === 'view' ? columns.map(nameOf) : names;
    const groups = new Map<string, ObjectLiteral[]>();
    for (const row of rows) {
      const values = telling.map((name) => row[name] as unknown);
      if (values.every((value) => value === null || value === undefined)) continue;
      const text = keyText(values);
      const group = groups.get(text);
      if (group) group.push(row);
      else groups.set(text, [row]);
    }
    if (groups.size !== entities.length) throw new UnpairedRowsError();
    return [...groups.values()].map((group, i) => {
      const key = names.map((name) => group[0]![name] as unknown);
      return { entity: entities[i]!, rows: group, key, name: keyText(key) };
    });
  }
}

/** As TypeORM tells rows apart: other texts would be other groups. */
function keyText(values: readonly unknown[]): string {
  const texts = values.map((value) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
  });
  return texts.join('_');
}
