import { Redated } from '../../lib/cache/redated.js';
import { KnownTables } from '../../lib/writes/known-tables.js';

/**
 * The triggers that record the history would have nothing told of any write. They do nothing but that and set the stamp, so the tables are as
 * plain as an application's to the library.
 */
export function overlookTriggers(): void {
  KnownTables.prototype.get = () => ({
    computed: ['stamp'],
    nullByDefault: [],
    texts: new Map(),
    followsItself: false,
    foreignKeys: [],
    followedIndirectly: new Set(),
  });
}

/** Told of each entry that only journals have found true. */
export function onJudged(tell: () => void): void {
  const { set } = Redated.prototype;
  Redated.prototype.set = function (...found) {
    if (found[3].isByJournal) tell();
    return set.apply(this, found);
  };
}
