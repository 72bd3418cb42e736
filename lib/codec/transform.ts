import { isDeepStrictEqual } from 'node:util';
import type { EntityMetadata } from 'typeorm';
import { pack, revive, tag, type Packed } from './values.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/** How a column makes class instances of what the database gives, and back. */
export interface Transform {
  to(value: unknown): unknown;
  from(form: unknown): unknown;
}

export function transformOf(column: ColumnMetadata): Transform | undefined {
  const { transformer } = column;
  if (!transformer) return intervalTransform(column);
  if (!Array.isArray(transformer)) return transformer;
  return {
    to: (value) => transformer.reduce((form, one) => one.to(form), value),
    from: (form) => transformer.reduceRight((value, one) => one.from(value), form),
  };
}

/** What the entity property was made with, so that a release that changes it does not read what the former one wrote. */
export function transformSource({ transformer }: ColumnMetadata): unknown {
  return transformer && [transformer].flat().map(({ to, from }) => [String(to), String(from)]);
}

/**
 * The class instance as its database form, or `undefined` when that would not bring back the same: whether a transformer loses
 * something can only be seen by trying.
 */
export function packThrough(transform: Transform, value: unknown): Packed | undefined {
  try {
    const form = pack(transform.to(value));
    if (form === undefined) return undefined;
    const again = transform.from(revive(form));
    // Private fields do not show in a deep comparison; a class that has them usually shows them in its text or its form.
    const same =
      isDeepStrictEqual(again, value) &&
      String(again) === String(value) &&
      isDeepStrictEqual(pack(transform.to(again)), form);
    return same ? tag('transformed', form) : undefined;
  } catch {
    // A transformer that fails on its own value cannot bring it back.
    return undefined;
  }
}

/** The cell of a column in which some values came through the transform and some did not. */
export function reviveThrough(transform: Transform, form: Packed): unknown {
  return transform.from(revive(form));
}

/** node-postgres makes `interval` a class it does not export, with plain fields: parsing nothing gives an instance to fill. */
function intervalTransform(column: ColumnMetadata): Transform | undefined {
  const { postgres } = column.entityMetadata.dataSource.driver as { postgres?: PostgresModule };
  const parse = column.type === 'interval' ? postgres?.types?.getTypeParser(INTERVAL_OID) : undefined;
  return parse && { to: (value) => ({ ...(value as object) }), from: (form) => Object.assign(parse(''), form) };
}

const INTERVAL_OID = 1186;

interface PostgresModule {
  types?: { getTypeParser(oid: number): (text: string) => object };
}
