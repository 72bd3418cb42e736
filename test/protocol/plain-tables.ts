import type { PlainTable } from '../../lib/writes/stored/plain-tables.js';
import { KnownTables } from '../../lib/writes/known-tables.js';

/** As after a database has been asked that has neither triggers nor rules. */
export class PlainTables extends KnownTables {
  override get(): PlainTable {
    return {
      computed: [],
      nullByDefault: [],
      texts: new Map(),
      followsItself: false,
      foreignKeys: [],
      followedIndirectly: new Set(),
    };
  }
}
