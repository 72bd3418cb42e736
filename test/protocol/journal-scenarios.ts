import type { Scenario } from './scenario.js';
import { isLong } from './scenarios.js';
import { tablesOfOne } from './tables.js';

const two = [{ query: 'active' }, { query: 'active' }] as const;
const oneInEachOfTwo = [{ query: 'active' }, { query: 'active', process: 'q' }] as const;
const three = [...oneInEachOfTwo, { query: 'active' }] as const;
const inWriter = [
  { query: 'active', process: 'w1' },
  { query: 'active', process: 'w1' },
] as const;
/** Longer than anything takes here: writers have renewed their holds by then. */
const LONG = 10_000;
/** Whatever is found true is dated anew at once. */
const eager = { writeBackAfter: 1 } as const;

/** By readers of entries whose tables have moved, who go by what each write has told. */
export const journals: Record<string, Scenario> = {
  'a list judged while two write, one of them what it does not show': {
    journal: {},
    readers: oneInEachOfTwo,
    writers: ['hide', 'retitle'],
  },
  'a list judged while a row comes in and another one leaves': {
    journal: {},
    readers: two,
    writers: ['activate', 'deactivate'],
  },
  'a count judged while a row comes in and another one leaves': {
    journal: {},
    readers: [{ query: 'count' }],
    writers: ['activate', 'deactivate'],
  },
  'the first row of a list judged while others come in behind it': {
    journal: {},
    readers: [{ query: 'first' }, { query: 'first' }],
    writers: ['activate', 'hide'],
  },
  'a row judged while others write it': {
    journal: {},
    readers: [{ query: 'one' }, { query: 'one' }],
    writers: ['hide', 'retitle'],
  },
  'an author judged while what is theirs is written': {
    journal: {},
    readers: [{ query: 'author' }, { query: 'author' }],
    writers: ['retitleOther', 'hide'],
  },
  'an author judged while they are written, and what is another’s': {
    journal: {},
    readers: [{ query: 'author' }, { query: 'author' }],
    writers: ['renameAuthor', 'insertActive'],
  },
  'a change that nobody has told': { journal: {}, readers: two, writers: ['hide', 'retitleUntold'] },
  'a journal that forgets all but the last change': {
    journal: { length: 1 },
    readers: two,
    writers: ['retitle', 'hide'],
  },
  'a journal that is evicted': {
    journal: {},
    readers: two,
    writers: ['retitle', 'hide'],
    evictions: { of: ['journal'], times: 1 },
  },
  'a clock that is evicted with its journal': {
    journal: {},
    readers: [{ query: 'active' }],
    writers: ['retitle', 'hide'],
    evictions: { of: ['table'], times: 1 },
  },
  'a clock that is evicted with the hold of a write that another one builds on': {
    journal: {},
    youngMs: LONG,
    readers: [{ query: 'active' }, { query: 'active' }],
    writers: ['activate', 'retitleVisible'],
    evictions: { of: ['table'], times: 1 },
  },
  'a clock that is evicted with the hold of a write that frees a name': {
    youngMs: LONG,
    readers: [{ query: 'name' }, { query: 'name' }],
    writers: ['rename', 'takeName'],
    evictions: { of: ['table'], times: 1 },
  },
  'an entry, a row and a table judged, of which one is evicted': {
    journal: {},
    readers: [{ query: 'one' }, { query: 'one' }],
    writers: ['hide'],
    evictions: { of: ['entry', 'row', 'table', 'journal'], times: 1 },
  },
  'an older snapshot of a journal that comes back': {
    journal: {},
    readers: two,
    writers: ['retitle'],
    restores: true,
  },
  'a change that is refused': {
    journal: {},
    readers: two,
    writers: ['retitle'],
    refused: ['advance'],
    time: true,
  },
  'a change that is refused, and readers in the process that wrote': {
    journal: {},
    readers: [{ query: 'active', process: 'w1' }],
    writers: ['retitle'],
    refused: ['advance'],
    recoveries: 1,
    time: true,
  },
  'a change that takes effect late': {
    journal: {},
    readers: [{ query: 'active' }],
    writers: ['retitle'],
    lost: ['advance'],
    time: true,
  },
  'a change that is told again after it was taken': {
    journal: {},
    readers: two,
    writers: ['retitle'],
    repeated: ['advance'],
    time: true,
  },
  'a change of what is not shown, told again after it was taken': {
    journal: eager,
    readers: [{ query: 'active' }],
    writers: ['hide', 'retitle'],
    repeated: ['advance'],
  },
  'a change that nobody tells, since its writer has crashed': {
    journal: {},
    readers: two,
    writers: ['retitle'],
    crashes: 1,
    time: true,
  },
  'a change told beside one whose writer has crashed': {
    journal: {},
    readers: [{ query: 'active' }],
    writers: ['retitle', 'hide'],
    crashes: 1,
    time: true,
  },
  'a change whose commit fails, or whose answer is lost': {
    journal: {},
    readers: two,
    writers: ['retitle'],
    commits: ['fails', 'ambiguous'],
    time: true,
  },
  'a key that one row gives up and another one takes, judged by a list': {
    journal: {},
    readers: two,
    writers: ['remove', 'replaceRemoved'],
  },
  'a load that has seen a change told later': {
    journal: { isCold: true },
    readers: two,
    writers: ['hide', 'activate'],
  },
  'dated anew, by an answer that is lost or refused': {
    journal: eager,
    readers: two,
    writers: ['hide'],
    refused: ['replace', 'read'],
    lost: ['replace'],
  },
  'dated anew, and an older snapshot that comes back': {
    journal: eager,
    readers: two,
    writers: ['hide'],
    restores: true,
  },
  'dated anew, a row': {
    journal: eager,
    readers: [{ query: 'one' }, { query: 'one' }],
    writers: ['hide', 'retitle'],
  },
  'judged past its timeout': { journal: {}, readers: two, writers: ['retitle'], expired: true },
  'judged past its timeout, and loaded again while it is dated anew': {
    journal: eager,
    readers: two,
    writers: ['hide'],
    expired: true,
  },
  'judged by who waits for another process': {
    journal: { isCold: true },
    readers: oneInEachOfTwo,
    writers: ['hide'],
    leases: true,
  },
  // Its writer has not told yet that the row has come in.
  'a row that is written after it has come into a list': {
    journal: {},
    readers: two,
    writers: ['activate', 'retitleOther'],
  },
  'a row that comes in behind a row that has gone': {
    journal: {},
    readers: [{ query: 'first' }, { query: 'first' }],
    writers: ['activate', 'deactivate'],
  },
  'a row that is written after it has become an author’s': {
    journal: {},
    readers: [{ query: 'author' }, { query: 'author' }],
    writers: ['retitleOther', 'adopt'],
  },
  // Each of them alone leaves it out, by what was seen of the row.
  'a row seen before, which two bring into a list together': {
    journal: {},
    readers: [{ query: 'mine' }, { query: 'other' }],
    writers: ['adopt', 'activate'],
  },
  // Whether it comes in is for the row to say, which is looked at while another one moves it, and writes what is shown.
  'a row that nobody has seen, which one brings into a list and another one out of it': {
    journal: {},
    tables: tablesOfOne,
    readers: [{ query: 'mine' }, { query: 'mine' }],
    writers: ['activate', 'giveAndRetitle'],
  },
  // Those above say the same of fewer moments.
  ...(isLong && {
    'a list judged while a row comes in, and is written by who has heard of that': {
      journal: {},
      readers: two,
      writers: ['activate', 'retitleListed'],
    },
    'a row seen before, which two bring into a list together, read in between': {
      journal: {},
      readers: [{ query: 'mine' }, { query: 'mine' }, { query: 'other' }],
      writers: ['adopt', 'activate'],
    },
    'a list judged while rows are inserted': { journal: {}, readers: two, writers: ['insertInactive', 'insertActive'] },
    'a list judged while rows are removed': { journal: {}, readers: two, writers: ['removeOther', 'remove'] },
    'a list judged, and a transaction of two changes': {
      journal: {},
      readers: two,
      writers: ['hideAndRetitle', 'hide'],
    },
    'the first row of a list judged while it goes': {
      journal: {},
      readers: [{ query: 'first' }, { query: 'first' }],
      writers: ['insertActive', 'remove'],
    },
    'a list and a row judged while others write the row': {
      journal: {},
      readers: [{ query: 'one' }, { query: 'active' }],
      writers: ['hide', 'retitle'],
    },
    'an author judged while both tables are written': {
      journal: {},
      readers: [{ query: 'author' }, { query: 'author' }],
      writers: ['renameOther', 'hide'],
    },
    'an author read by two statements, loaded while both tables are written': {
      journal: { isCold: true },
      readers: [{ query: 'prefetched' }, { query: 'prefetched' }],
      writers: ['renameAuthor', 'adopt'],
    },
    'a journal that forgets what a process remembers of it': {
      journal: { length: 1 },
      readers: three,
      writers: ['hide', 'retitleOther'],
    },
    'a change that is refused, and paid when another one was told': {
      journal: {},
      readers: [{ query: 'active' }],
      writers: ['retitle', 'hide'],
      refused: ['advance'],
      recoveries: 1,
    },
    'dated anew while another one writes': { journal: eager, readers: two, writers: ['hide', 'retitle'] },
    'judged of what a process keeps': { journal: {}, near: 'shared', readers: two, writers: ['hide', 'retitle'] },
    'judged of what a store of this process vouches for': {
      journal: {},
      near: 'local',
      readers: inWriter,
      writers: ['hide', 'retitle'],
    },
    'a load that a told change overtakes': { journal: { isCold: true }, readers: three, writers: ['retitle'] },
    'judged by clocks and journals of two tables at moments of their own': {
      journal: {},
      readers: [{ query: 'author' }],
      writers: ['renameOther', 'adopt'],
      split: true,
    },
    'dated anew by two processes, and an eviction in between': {
      journal: eager,
      readers: oneInEachOfTwo,
      writers: ['hide'],
      evictions: { of: ['entry'], times: 1 },
    },
    'judged by clocks and journals answered at moments of their own': {
      journal: {},
      readers: [{ query: 'author' }, { query: 'author' }],
      writers: ['renameAuthor'],
      split: true,
    },
    'judged of what nobody has told of': { journal: {}, near: 'tracked', readers: two, writers: ['hide', 'retitle'] },
    'judged of what two processes keep, and dated anew': {
      journal: eager,
      near: 'shared',
      readers: oneInEachOfTwo,
      writers: ['hide', 'retitle'],
    },
    'dated anew by two processes at once': { journal: eager, readers: oneInEachOfTwo, writers: ['hide', 'retitle'] },
    'an older snapshot that comes back between two changes': {
      journal: {},
      readers: [{ query: 'active' }],
      writers: ['retitle', 'hide'],
      restores: true,
    },
  }),
};

/**
 * What bounds them: a change is judged by what its own statement says. Where it builds on another one that is committed and not acknowledged,
 * the hold of that one says so, as far as the store has it.
 */
export const journalBounds: Record<string, Scenario> = {
  'a row that is written after it has come into a list, by a writer whose hold was refused': {
    journal: {},
    readers: [{ query: 'active' }],
    writers: ['activate', 'retitleOther'],
    refused: ['hold'],
  },
};
