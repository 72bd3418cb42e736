import type { Packed } from './values.js';

/**
 * Entities as sets of rows, which `payload-text.ts` writes as text. The first set holds the entities asked for, each other one the rows
 * that a relation of rows in a set before it leads to. What the properties are called and how their values are made says the entity's
 * metadata; see `shapeHash`.
 *
 *     [[2, [["0:0,1,4,", ["plain","date","one"], [[1,2],[1700000000000,null],[0,0]], [1]]]],
 *      [1, [["0:0,1,",   ["plain","plain"],      [[7],["Ann"]],                      []]]]]
 *
 * Two entities with three properties each; both have row 0 of set 1 for their third one.
 */
export type Payload = readonly PayloadSet[];

/** The number of rows, or the block of each row where there are several blocks, or one without columns. */
export type PayloadSet = readonly [order: number | readonly number[], blocks: readonly PayloadBlock[]];

/**
 * Rows with the same properties, column by column.
 *
 * A layout says the place of their class in the entity's family, then their properties in the order of each object: places in
 * `RecordShape.members`, with a `u` where the value is `undefined`. The columns are those of the others but embedded objects, and
 * `related` names the set of each column of rows.
 */
export type PayloadBlock = readonly [
  layout: string,
  kinds: readonly string[],
  columns: readonly (readonly Packed[])[],
  related: readonly number[],
];
