import { formatEntry, parseEntry } from '../../lib/cache/entry.js';
import { Redated } from '../../lib/cache/redated.js';
import { footprintsText, parseFootprints } from '../../lib/journal/footprint.js';
import type { CacheStore, ClockQuery, EntriesRead } from '../../lib/store/cache-store.js';
import { WrappedStore } from './wrapped-store.js';

type Asked = Parameters<CacheStore['read']>;

/** What is not known to have changed has not. */
export class GapComplete extends WrappedStore {
  override async read(...asked: Asked): Promise<EntriesRead> {
    const read = await super.read(...asked);
    const queries: readonly ClockQuery[] = asked[1];
    const clocks = read.clocks.map((state, i) =>
      queries[i]!.since === undefined ? state : { ...state, changes: state.changes ?? [] },
    );
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
    const entry = parseEntry(text)!;
    const queries = entry.dependencies.map(({ clock }) => ({ clock, rows: [] }));
    const { clocks } = await super.read([], queries);
    const dependencies = entry.dependencies.map((dependency, i) => ({ ...dependency, asOf: clocks[i]!.now }));
    await super.replace(key, mark, formatEntry({ ...entry, dependencies }));
  }
}
