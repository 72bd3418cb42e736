import type { EntityMetadata } from 'typeorm';
import { intervalValues, type DriverValues } from './interval.js';
import { pack, revive, type Packed } from './values.js';

type ColumnMetadata = EntityMetadata['columns'][number];
type Transformer = Exclude<ColumnMetadata['transformer'], undefined | unknown[]>;

/** How a column's values are made of what the driver gives. */
export interface Transform extends DriverValues {
  /** Whether the entity has what the driver gives, so that a value says itself what it is made of. */
  readonly isDirect: boolean;
}

/** Everywhere: two copies of this library must not take each other's wrapper for the application's transformer. */
const ORIGINAL = Symbol.for('nestjs-qscache.transformer');

/** The application's transformer again, as itself. */
export function wrapperOf(transformer: ColumnMetadata['transformer'], wrapper: Transformer): Transformer {
  return Object.assign(wrapper, { [ORIGINAL]: transformer });
}

/** The application's transformer, also where it is wrapped. */
function transformerOf({ transformer }: ColumnMetadata): ColumnMetadata['transformer'] {
  return transformer && ORIGINAL in transformer ? (transformer[ORIGINAL] as Transformer) : transformer;
}

export function transformOf(column: ColumnMetadata): Transform | undefined {
  const driver = intervalValues(column);
  const transformer = transformerOf(column);
  if (!transformer) return driver && { ...driver, isDirect: true };
  const { from } = asOne(transformer);
  const inner: DriverValues = driver ? withData(driver) : { pack, revive };
  return { pack: inner.pack, revive: (form) => from(inner.revive(form)), isDirect: false };
}

/** Several transformers as TypeORM applies them. */
export function asOne(transformer: NonNullable<ColumnMetadata['transformer']>): Transformer {
  if (!Array.isArray(transformer)) {
    return { to: (value) => transformer.to(value), from: (form) => transformer.from(form) };
  }
  return {
    to: (value) => transformer.reduce((form, one) => one.to(form), value),
    from: (form) => transformer.reduceRight((value, one) => one.from(value), form),
  };
}

/** What the entity property was made with, so that a release that changes it does not read what the former one wrote. */
export function transformCode(column: ColumnMetadata): unknown {
  const transformer = transformerOf(column);
  return transformer && [transformer].flat().map(({ to, from }) => [String(to), String(from)]);
}

/** An interval column may have strings: `intervalstyle`, or an application's own parser. */
function withData(driver: DriverValues): DriverValues {
  return {
    pack: (value) => (pack(value) === undefined ? wrap(driver.pack(value)) : [pack(value)]),
    revive: (packed) => (Array.isArray(packed) ? revive(packed[0]) : driver.revive((packed as { of: Packed }).of)),
  };
}

function wrap(packed: Packed | undefined): Packed | undefined {
  return packed === undefined ? undefined : { of: packed };
}
