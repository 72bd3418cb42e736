import { boot } from './boot.mjs';
import { clears } from './clears.mjs';
import { getMany } from './get-many.mjs';
import { growth } from './growth.mjs';
import { hits } from './hits.mjs';
import { judged } from './judged.mjs';
import { misses } from './misses.mjs';
import { readers } from './readers.mjs';
import { writes } from './writes.mjs';

/**
 * A section has a `name`, may need Redis, and measures: its figures by part and name, such as `figures.detail['qscache, memory'].p50`, in
 * microseconds where nothing else is said, and one table of them.
 */
export const sections = [hits, growth, judged, misses, writes, readers, getMany, clears, boot];
