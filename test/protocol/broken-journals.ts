import type { Sabotaged } from './broken.js';
import {
  datingTooFar,
  firstOfEach,
  HastyTeller,
  journalOfAnotherEpoch,
  notAskingAgain,
  settlingAsNothing,
  takingGapsForNothing,
  tellingBesideHolds,
  tellingThePart,
  withFootprints,
} from './journal-sabotage.js';
import { replace } from './sabotage.js';
import { tablesOfOne } from './tables.js';
import { BlindKnownRows, TimelessKnownRows } from './watched-known-rows.js';

const one = [{ query: 'active' }] as const;
const two = [...one, { query: 'active' }] as const;
const three = [...two, { query: 'active' }] as const;

/** One part of what is judged by journals broken in each. */
export const brokenJournals: Record<string, Sabotaged> = {
  'a change judged by what an entry rests on in another table': {
    journal: {},
    readers: [{ query: 'author' }],
    writers: ['renameAuthor'],
    broken: {
      store: (store) =>
        replace(
          store,
          withFootprints(store, (all) => all.toReversed()),
        ),
    },
  },
  'a change judged by what an older entry rests on': {
    journal: {},
    readers: three,
    writers: ['activate', 'retitleListed'],
    broken: { store: (store) => replace(store, withFootprints(store, firstOfEach())) },
  },
  'a change judged by fewer columns than are shown': {
    journal: {},
    readers: one,
    writers: ['retitle'],
    broken: {
      store: (store) =>
        replace(
          store,
          withFootprints(store, (all) => all.map((each) => each?.map((footprint) => ({ ...footprint, shown: [] })))),
        ),
    },
  },
  'a change judged by fewer columns than decide': {
    journal: {},
    readers: one,
    writers: ['activate'],
    broken: {
      store: (store) =>
        replace(
          store,
          withFootprints(store, (all) =>
            all.map((each) => each?.map((footprint) => ({ ...footprint, filtering: [] }))),
          ),
        ),
    },
  },
  'a count that does not ask whether a row has gone': {
    journal: {},
    readers: [{ query: 'count' }],
    writers: ['deactivate'],
    broken: {
      store: (store) =>
        replace(
          store,
          withFootprints(store, (all) => all.map((each) => each?.map((footprint) => ({ ...footprint, rows: [] })))),
        ),
    },
  },
  'a gap in a journal taken for no change': {
    journal: {},
    readers: one,
    writers: ['retitleUntold'],
    broken: { store: takingGapsForNothing },
  },
  'what a journal has forgotten taken for no change': {
    journal: { length: 1 },
    readers: one,
    writers: ['retitle', 'hide'],
    broken: { store: takingGapsForNothing },
  },
  'a journal that was evicted taken for one of no changes': {
    journal: {},
    readers: one,
    writers: ['retitle'],
    evictions: { of: ['journal'], times: 1 },
    broken: { store: takingGapsForNothing },
  },
  'a clock made from nothing judged at once, though a hold was lost with the one before': {
    journal: {},
    readers: two,
    writers: ['activate', 'retitleVisible'],
    evictions: { of: ['table'], times: 1 },
  },
  'a name taken for free at once, though the hold was lost of who has freed it': {
    readers: [{ query: 'name' }, { query: 'name' }],
    writers: ['rename', 'takeName'],
    evictions: { of: ['table'], times: 1 },
  },
  'a journal of another epoch': {
    journal: {},
    readers: one,
    writers: ['retitle'],
    restores: true,
    broken: { store: (store) => replace(store, journalOfAnotherEpoch(store)) },
  },
  'an entry dated anew by clocks that it was not judged by': {
    journal: { writeBackAfter: 1 },
    readers: two,
    writers: ['hide', 'retitle'],
    broken: { store: (store, server) => replace(store, datingTooFar(store, server)) },
  },
  'a key taken, told as if nobody were giving it up': {
    journal: {},
    readers: one,
    writers: ['remove', 'replaceRemoved'],
    broken: {
      store: (store, server) => {
        // The hold itself would have nothing told.
        tellingBesideHolds(store, server);
        return replace(store, { hold: (clocks, id, deadlineMs) => store.hold(clocks, id, deadlineMs, false) });
      },
    },
  },
  'a change told beside one that is visible and held': {
    journal: {},
    readers: one,
    writers: ['activate', 'retitleOther'],
    broken: { store: tellingBesideHolds },
  },
  'what a hold has advanced, told as no change': {
    journal: {},
    readers: one,
    writers: ['retitle'],
    crashes: 1,
    time: true,
    broken: { store: settlingAsNothing },
  },
  'a change told before it is visible': {
    journal: {},
    readers: two,
    writers: ['retitle'],
    broken: { protocol: HastyTeller },
  },
  'what a row was seen to hold taken for what it holds, whoever has written it since': {
    journal: {},
    readers: [{ query: 'mine' }, { query: 'other' }],
    writers: ['adopt', 'activate'],
    broken: { rows: (server) => new BlindKnownRows((clock) => server.read({ clock, rows: [] }).now) },
  },
  'a row that is looked at, and the clocks are not asked for again': {
    journal: {},
    tables: tablesOfOne,
    readers: [{ query: 'mine' }],
    writers: ['activate', 'giveAndRetitle'],
    breaking: notAskingAgain,
    broken: { rows: () => new TimelessKnownRows() },
  },
  'what was seen of a row after the clocks were asked for': {
    journal: {},
    tables: tablesOfOne,
    readers: [{ query: 'mine' }, { query: 'mine' }],
    writers: ['activate', 'giveAndRetitle'],
    broken: { rows: () => new TimelessKnownRows() },
  },
  'one of two changes of a transaction told for both': {
    journal: {},
    readers: one,
    writers: ['hideAndRetitle'],
    broken: { store: (store) => replace(store, tellingThePart(store)) },
  },
};
