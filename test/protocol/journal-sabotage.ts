import type { ClockView } from '../../lib/cache/clock-view.js';
import { type Entry, formatEntry, parseEntry } from '../../lib/cache/entry.js';
import { Lookups } from '../../lib/cache/lookups.js';
import { Answer } from '../../lib/cache/question.js';
import { changeText } from '../../lib/journal/change.js';
import { type Footprints, footprintsText, parseFootprints } from '../../lib/journal/footprint.js';
import type { CacheStore, ClockWrite } from '../../lib/store/cache-store.js';
import { type Hold, HoldProtocol } from '../../lib/writes/hold-protocol.js';
import type { ScriptedServer } from './scripted-server.js';

type All = readonly (Footprints | undefined)[];

/** Entries come with other footprints than they were stored with. */
export function withFootprints(store: CacheStore, change: (all: All, key: string) => All): Partial<CacheStore> {
  return {
    read: async (keys, ...rest) => {
      const read = await store.read(keys, ...rest);
      const entries = read.entries.map((text, i) => {
        const entry = text === undefined ? undefined : parseEntry(text);
        const all = entry && parseFootprints(entry.footprints);
        return all ? renamed(text!, { ...entry, footprints: footprintsText(change(all, keys[i]!)) }) : text;
      });
      return { ...read, entries };
    },
  };
}

/** Under the name it had. */
function renamed(text: string, entry: Entry): string {
  const [, name] = JSON.parse(text.slice(0, text.indexOf('\n'))) as [string, string];
  return formatEntry(entry, name);
}

/** By key, those of the entry that was read first. */
export function firstOfEach(): (all: All, key: string) => All {
  const first = new Map<string, All>();
  return (all, key) => {
    if (!first.has(key)) first.set(key, all);
    return first.get(key)!;
  };
}

/** Who asks what was changed is told that it was all of another history: this one. */
export function journalOfAnotherEpoch(store: CacheStore): Partial<CacheStore> {
  return {
    read: async (keys, queries, ...rest) => {
      const read = await store.read(keys, queries, ...rest);
      return queries.some(({ since }) => since !== undefined) ? { ...read, epoch: '0' } : read;
    },
  };
}

/** Entries are dated anew by what the clocks show when they are, whatever they were judged by. */
export function datingTooFar(store: CacheStore, server: ScriptedServer): Partial<CacheStore> {
  return {
    replace: (key, mark, text) => {
      const entry = parseEntry(text)!;
      const dependencies = entry.dependencies.map((dependency) => ({
        ...dependency,
        asOf: server.read({ clock: dependency.clock, rows: [] }).now,
      }));
      return store.replace(key, mark, formatEntry({ ...entry, dependencies }));
    },
  };
}

/** Who has looked at rows goes on by the clocks that were asked for before. */
export function notAskingAgain(): () => void {
  const { see } = Lookups.prototype;
  const { further } = Answer.prototype;
  const looked = new WeakSet<ClockView>();
  Lookups.prototype.see = function (unseen, view, ...rest) {
    looked.add(view);
    return see.call(this, unseen, view, ...rest);
  };
  Answer.prototype.further = function (...asked) {
    return looked.has(this.view) ? Promise.resolve(this.view) : further.call(this, ...asked);
  };
  return () => {
    Lookups.prototype.see = see;
    Answer.prototype.further = further;
  };
}

const NOTHING = changeText({ action: 'update', at: 0, rows: [], assigned: [], values: {} })!;

/** What a hold advances in the place of its writer counts as a change of nothing. */
export function settlingAsNothing(store: CacheStore, server: ScriptedServer): CacheStore {
  const { read } = server;
  server.read = (query) => {
    for (const [id, { deadline }] of server.holds(query.clock)) {
      if (Date.now() > deadline) server.advance({ clock: query.clock, rows: 'new', change: NOTHING }, id);
    }
    return read.call(server, query);
  };
  return store;
}

/** Whatever the journal does not have of what was asked for counts as changes of nothing. */
export function takingGapsForNothing(store: CacheStore, server: ScriptedServer): CacheStore {
  const { read } = server;
  server.read = (query) => {
    const state = read.call(server, query);
    const count = state.now - (query.since ?? state.now);
    return count > 0 && !state.changes ? { ...state, changes: Array.from({ length: count }, () => NOTHING) } : state;
  };
  return store;
}

/** Of several changes told in one advance only the first counts. */
export function tellingThePart(store: CacheStore): Partial<CacheStore> {
  const part = ({ change, ...write }: ClockWrite): ClockWrite =>
    change === undefined ? write : { ...write, change: change.split('\n')[0]! };
  return { advance: (writes, hold) => store.advance(writes.map(part), hold) };
}

/** Tells what it changes before that is visible. */
export class HastyTeller extends HoldProtocol {
  override async hold(writes: readonly ClockWrite[]): Promise<Hold> {
    const hold = await super.hold(writes);
    await super.advance(writes, hold);
    return hold;
  }

  override async advance(): Promise<void> {}
}

/** Who asks what was changed is told whatever holds are in sight, and of none of them. */
export function tellingBesideHolds(store: CacheStore, server: ScriptedServer): CacheStore {
  const { read } = server;
  server.read = (query) => {
    const state = read.call(server, query);
    const { clock, since = state.now } = query;
    const told = server.journal(clock);
    const count = state.now - since;
    const isThere = count > 0 && count <= told.length;
    return { ...state, hasHold: false, ...(isThere && { changes: told.slice(told.length - count) }) };
  };
  return store;
}
