import type { Packed } from './values.js';

/** Shapes, then tables: the first holds the entities asked for, the others the rows related to those of one before. */
export type Payload = readonly [shapes: readonly string[], tables: readonly PayloadTable[]];

/** The number of rows, or the set of each row where there are several sets, or one without columns. */
export type PayloadTable = readonly [order: number | readonly number[], sets: readonly PayloadSet[]];

/** Rows of one shape with the same properties, column by column. */
export type PayloadSet = readonly [
  shape: number,
  layout: string,
  kinds: readonly string[],
  columns: readonly (readonly Packed[])[],
  related: readonly number[],
];
