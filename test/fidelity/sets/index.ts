import type { SetMaker } from '../entity-set.js';
import { classSets } from './classes.js';
import { columnSets } from './columns.js';
import { embeddedSets } from './embeddeds.js';
import { inheritanceSets } from './inheritance.js';
import { joinSets } from './joins.js';
import { oddKeySets } from './odd-keys.js';
import { productSets } from './products.js';
import { schemaSets } from './schemas.js';
import { transformerSets } from './transformers.js';
import { treeSets } from './trees.js';
import { typeSets } from './types.js';

/** The hand-made ones first: they fail fastest. */
export const sets: readonly SetMaker[] = [
  ...columnSets,
  ...typeSets,
  ...transformerSets,
  ...classSets,
  ...schemaSets,
  ...embeddedSets,
  ...inheritanceSets,
  ...joinSets,
  ...treeSets,
  ...oddKeySets,
  ...productSets,
];
