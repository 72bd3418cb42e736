import { setTimeout as sleep } from 'node:timers/promises';
import { formatEntry, parseEntry } from '../../lib/cache/entry.js';
import { Redated } from '../../lib/cache/redated.js';
import { changeText } from '../../lib/journal/change.js';
import { footprintsText, parseFootprints } from '../../lib/journal/footprint.js';
import type { CacheStore, ClockQuery, EntriesRead } from '../../lib/store/cache-store.js';
import { WrappedStore } from './wrapped-store.js';

type Asked = Parameters<CacheStore['read']>;

/** As a journal tells of a write that found no row. */
const NOTHING = changeText({ action: 'delete', at: 0, rows: [], assigned: [], values: {} })!;

/** What is not known to have changed has not. */
export class GapComplete extends WrappedStore {
  override async read(...asked: Asked): Promise<EntriesRead> {
    const read = await super.read(...asked);
    const queries: readonly ClockQuery[] = asked[1];
    const clocks = read.clocks.map((state, i) => {
      const { since } = queries[i]!;
      if (since === undefined || state.changes) return state;
      return { ...state, changes: Array.from({ length: Math.max(0, state.now - since) }, () => NOTHING) };
    });
    return { ...read, clocks };
  }
}

/** Entries show no column of any row, as far as is told of what they rest on. */
export class WrongFootprint extends WrappedStore {
  override put(key: string, text: string, lifetimeMs: number): Promise<void> {
    const entry = parseEntry(text);
    const all = entry && parseFootprints(entry.footprints);
    if (!all) return super.put(key, text, lifetimeMs);
    const blind = all.map((each) => each?.map((footprint) => ({ ...footprint, shown: [], filtering: [] })));
    return super.put(key, formatEntry({ ...entry, footprints: footprintsText(blind) }), lifetimeMs);
  }
}

const LATE_MS = 300;

/** Whatever is found true is dated anew at once, as of the moment of that and not of what it was judged by. */
export class FarWriteBack extends WrappedStore {
  constructor(inner: CacheStore) {
    super(inner);
    const { set } = Redated.prototype;
    Redated.prototype.set = function (...found) {
      return set.apply(this, found) || found[3].isByJournal;
    };
  }

  override async replace(key: string, mark: string, text: string): Promise<void> {
    // One that is late: without, hardly a write falls in between.
    await sleep(LATE_MS);
    const entry = parseEntry(text)!;
    const queries = entry.dependencies.map(({ clock }) => ({ clock, rows: [] }));
    const { clocks } = await super.read([], queries);
    const dependencies = entry.dependencies.map((dependency, i) => ({ ...dependency, asOf: clocks[i]!.now }));
    await super.replace(key, mark, formatEntry({ ...entry, dependencies }));
  }
}
