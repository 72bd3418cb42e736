import type { Scenario } from './scenario.js';

/** QSCACHE_EXPLORE=long: more readers, more writers and more faults in one run; an hour instead of a minute. */
export const isLong = process.env['QSCACHE_EXPLORE'] === 'long';

/** More runs than this of one scenario are not worth the time; the short ones all end by themselves. */
export const MOST_EXECUTIONS = isLong ? 1_000_000 : 50_000;

const two = [{ query: 'detail' }, { query: 'detail' }] as const;
const three = [...two, { query: 'detail' }] as const;
const threeInTwoProcesses = [...two, { query: 'detail', process: 'q' }] as const;
const inWriter = [
  { query: 'detail', process: 'w1' },
  { query: 'detail', process: 'w1' },
] as const;
const oneInEachOfTwo = [{ query: 'detail' }, { query: 'detail', process: 'q' }] as const;
/** A lease is nothing that a write looks at. */
const one = isLong ? (['update'] as const) : [];
const some = isLong ? threeInTwoProcesses : three;
const few = isLong ? threeInTwoProcesses : two;

const anything = ['entry', 'row', 'table'] as const;

/** By readers whose processes have in hand what they ask for. */
const keptInTheProcess: Record<string, Scenario> = {
  'what a process keeps': { near: 'shared', readers: two, writers: ['update'] },
  'what two processes keep': {
    near: 'shared',
    readers: isLong ? threeInTwoProcesses : oneInEachOfTwo,
    writers: ['update'],
  },
  'what a process keeps, and two writers': { near: 'shared', readers: two, writers: ['update', 'updateAll'] },
  'what a process keeps of a row, asked about afterwards': {
    near: 'shared',
    readers: two,
    writers: ['insert', 'update'],
  },
  'what a process keeps of a list': {
    near: 'shared',
    readers: [{ query: 'list' }, { query: 'list' }],
    writers: ['insert'],
  },
  'what a process keeps of a relation': {
    near: 'shared',
    readers: [{ query: 'joined' }, { query: 'joined' }],
    writers: ['transaction'],
  },
  'what a process keeps, asked for several times in one turn': {
    near: 'shared',
    readers: [
      { query: 'slug', times: 2 },
      { query: 'slug', times: 2 },
    ],
    writers: ['update'],
  },
  'what a process keeps, and an eviction': {
    near: 'shared',
    readers: threeInTwoProcesses,
    writers: one,
    evictions: { of: ['entry'], times: 1 },
  },
  'what a process keeps, and an eviction of a clock': {
    near: 'shared',
    readers: two,
    writers: ['update'],
    evictions: { of: anything, times: 1 },
  },
  'what a process keeps, and lifetimes that end': {
    near: 'shared',
    readers: isLong ? threeInTwoProcesses : oneInEachOfTwo,
    writers: one,
    expiries: 2,
  },
  'what a process keeps, past its timeout': { near: 'shared', readers: two, writers: ['update'], expired: true },
  'what a process keeps, and explicit clears': { near: 'shared', readers: two, clears: isLong ? 2 : 1 },
  'what a process keeps, and an older snapshot that comes back': {
    near: 'shared',
    readers: two,
    writers: ['update'],
    restores: true,
  },
  'what a process keeps, and clocks answered at moments of their own': {
    near: 'shared',
    readers: two,
    writers: ['update'],
    split: true,
  },
  'what a process keeps, and a writer that crashes': {
    near: 'shared',
    readers: two,
    writers: ['update'],
    crashes: 1,
    time: true,
  },
  'what a process keeps, and an advance that is refused': {
    near: 'shared',
    readers: two,
    writers: ['update'],
    refused: ['advance'],
    time: true,
  },
  'what a process keeps, and a read or a fill whose answer is lost': {
    near: 'shared',
    readers: two,
    writers: ['update'],
    lost: ['read', 'put'],
  },
  'what nobody has told of': { near: 'tracked', readers: two, writers: ['update'] },
  'what nobody has told of since it was asked about anew': {
    near: 'tracked',
    readers: isLong ? three : two,
    writers: ['update'],
    asksAnew: true,
  },
  'what nobody has told of since it was asked about anew, without holds': {
    near: 'tracked',
    readers: three,
    writers: ['update'],
    asksAnew: true,
    broken: { holdMs: 0 },
  },
  'what nobody has told two processes of': {
    near: 'tracked',
    readers: isLong ? threeInTwoProcesses : oneInEachOfTwo,
    writers: ['update'],
  },
  'what nobody has told of, in the process that writes': { near: 'tracked', readers: inWriter, writers: ['update'] },
  'what nobody has told of, and two writers': {
    near: 'tracked',
    readers: isLong ? two : [{ query: 'detail' }],
    writers: ['update', 'updateAll'],
  },
  'what nobody has told of a list': {
    near: 'tracked',
    readers: [{ query: 'list' }, { query: 'list' }],
    writers: ['insert'],
  },
  'what nobody has told of a relation': {
    near: 'tracked',
    readers: [{ query: 'joined' }, { query: 'joined' }],
    writers: ['transaction'],
  },
  'what nobody has told of a row found by another key': {
    near: 'tracked',
    readers: [
      { query: 'slug', times: 2 },
      { query: 'slug', times: 2 },
    ],
    writers: ['update'],
  },
  // Entries are dropped in the next one, as their lives end.
  'what nobody has told of, and an eviction': {
    near: 'tracked',
    readers: two,
    writers: ['update'],
    evictions: { of: isLong ? anything : ['row', 'table'], times: 1 },
  },
  'what nobody has told of, and lifetimes that end': {
    near: 'tracked',
    readers: isLong ? threeInTwoProcesses : two,
    writers: one,
    expiries: isLong ? 2 : 1,
  },
  'what nobody has told of, past its timeout': { near: 'tracked', readers: two, writers: ['update'], expired: true },
  'what nobody has told of, and explicit clears': { near: 'tracked', readers: two, clears: isLong ? 2 : 1 },
  'what nobody has told of, and an older snapshot that comes back': {
    near: 'tracked',
    readers: two,
    writers: ['update'],
    restores: true,
  },
  'what nobody has told of, and a writer that crashes': {
    near: 'tracked',
    readers: two,
    writers: ['update'],
    crashes: 1,
    time: true,
  },
  'what nobody has told of, and an advance that is refused': {
    near: 'tracked',
    readers: two,
    writers: ['update'],
    refused: ['advance'],
    time: true,
  },
  'what nobody has told of, and an advance that is refused in the process that writes': {
    near: 'tracked',
    readers: inWriter,
    writers: ['update'],
    refused: ['advance'],
    recoveries: 1,
  },
  'what nobody has told of, and a read or a fill whose answer is lost': {
    near: 'tracked',
    readers: two,
    writers: ['update'],
    lost: ['read', 'put'],
  },
  'what a store of this process vouches for': { near: 'local', readers: inWriter, writers: ['update'] },
  'what a store of this process vouches for, and two writers': {
    near: 'local',
    readers: inWriter,
    writers: ['update', 'updateAll'],
  },
  'what a store of this process vouches for: a list, and one with a relation': {
    near: 'local',
    readers: [
      { query: 'list', process: 'w1' },
      { query: 'joined', process: 'w1' },
    ],
    writers: ['transaction', 'insert'],
  },
  'what a store of this process vouches for, and a commit that fails, or whose answer is lost': {
    near: 'local',
    readers: inWriter,
    writers: ['update'],
    commits: ['fails', 'ambiguous'],
    time: true,
  },
  'what a store of this process vouches for, and an advance that is refused': {
    near: 'local',
    readers: inWriter,
    writers: ['update'],
    refused: ['advance'],
    recoveries: 1,
    time: isLong,
  },
  'what a store of this process vouches for, and a store that refuses everything for a while': {
    near: 'local',
    readers: inWriter,
    writers: ['update'],
    refuses: 'everything',
    recovers: true,
    recoveries: 1,
  },
  'what a store of this process vouches for, and evictions': {
    near: 'local',
    readers: inWriter,
    writers: ['update'],
    evictions: { of: anything, times: 1 },
  },
  'what a store of this process vouches for, and lifetimes that end': {
    near: 'local',
    readers: inWriter,
    writers: ['update'],
    expiries: 1,
  },
  'what a store of this process vouches for, past its timeout': {
    near: 'local',
    readers: inWriter,
    writers: ['update'],
    expired: true,
  },
  'what a store of this process vouches for, and explicit clears': { near: 'local', readers: two, clears: 1 },
  'what a store of this process vouches for, and another epoch': {
    near: 'local',
    readers: inWriter,
    writers: ['update'],
    restores: true,
  },
};

/** One kind of fault at a time: what the guarantees promise to survive. */
export const promised: Record<string, Scenario> = {
  ...keptInTheProcess,
  'three readers in two processes': { readers: threeInTwoProcesses, writers: ['update'] },
  'two writers of one row': { readers: few, writers: ['update', 'updateAll'] },
  'a list, a write and an insert': {
    readers: [{ query: 'list' }, { query: 'list' }, ...(isLong ? two : [])],
    writers: ['update', 'insert'],
  },
  'a relation read by a statement of its own, and a transaction over both tables': {
    readers: [
      { query: 'joined' },
      ...(isLong ? [{ query: 'joined' } as const] : []),
      { query: 'joined', process: 'q' },
    ],
    writers: ['transaction'],
  },
  'a relation, and two writers of its two tables': {
    readers: [{ query: 'joined' }, { query: 'joined' }],
    writers: ['update', 'updateUser'],
  },
  'a transaction some of whose statements are sent together': {
    readers: [{ query: 'list' }, { query: 'list' }],
    writers: ['together'],
  },
  // The insert moves their table, so that they have to ask about their row.
  'rows asked about afterwards': { readers: few, writers: ['insert', 'update'] },
  'a row found by another key': {
    readers: [{ query: 'slug' }, { query: 'slug' }, { query: 'slug', process: 'q' }],
    writers: ['update'],
  },
  'a name that one row gives up and another one takes': {
    readers: [{ query: 'name' }, { query: 'name', process: 'q' }],
    writers: ['rename', 'takeName'],
  },
  'a statement that nobody can place': { readers: some, writers: ['call'], databaseClock: true },
  'a statement that nobody can place, by a writer that crashes': {
    readers: few,
    writers: ['call'],
    databaseClock: true,
    crashes: 1,
    time: true,
  },
  'an entry and its clocks answered at moments of their own': { readers: few, writers: ['update'], split: true },
  'holds that grow old': { readers: some, writers: ['update'], time: true },
  'a writer that crashes': { readers: some, writers: ['update'], crashes: 1, time: true },
  'a commit that fails, or whose answer is lost': {
    readers: few,
    writers: ['update'],
    commits: ['fails', 'ambiguous'],
    time: true,
  },
  'an advance that is refused': { readers: some, writers: ['update'], refused: ['advance'], time: true },
  'an advance that is refused after a commit that outlived its hold': {
    readers: few,
    writers: ['update'],
    refused: ['advance'],
    time: true,
    slowCommits: true,
  },
  'a commit that outlives the first deadline of its hold, and a writer that crashes': {
    readers: few,
    writers: ['update'],
    crashes: 1,
    time: true,
    renewals: isLong ? 2 : 1,
  },
  'a commit that outlives the first deadline of its hold, and an advance that is refused': {
    readers: few,
    writers: ['update'],
    refused: ['advance'],
    time: true,
    renewals: isLong ? 2 : 1,
  },
  'a renewal that is refused': { readers: few, writers: ['update'], refused: ['renew'], time: true, renewals: 2 },
  'a renewal that times out and takes effect late': {
    readers: few,
    writers: ['update'],
    lost: ['renew'],
    time: true,
    renewals: isLong ? 2 : 1,
  },
  ...(isLong && {
    'an eviction while a hold is renewed': {
      readers: few,
      writers: ['update'],
      evictions: { of: ['table'], times: 1 },
      time: true,
      renewals: 2,
    },
  }),
  'a writer that crashes while the server goes on with its commit': {
    readers: few,
    writers: ['update'],
    crashes: 1,
    orphans: true,
    time: true,
  },
  'a hold that is refused': { readers: some, writers: ['update'], refused: ['hold'], time: true },
  'a hold that times out and takes effect late': { readers: two, writers: ['update'], lost: ['hold'], time: true },
  'an advance that times out and takes effect late': {
    readers: few,
    writers: ['update'],
    lost: ['advance'],
    time: true,
  },
  'an advance that is sent again after it was taken': {
    readers: few,
    writers: ['update'],
    repeated: ['advance'],
    time: true,
  },
  'a hold that is sent again, and arrives when nobody is left to settle it': {
    readers: few,
    writers: ['update'],
    repeated: ['hold'],
    time: true,
  },
  'a fill that times out and takes effect late': { readers: some, writers: ['update'], lost: ['touch', 'put'] },
  'a read that times out and takes effect late': { readers: few, writers: ['update'], lost: ['read'] },
  'a store that refuses everything from some moment on': {
    readers: few,
    writers: ['update'],
    refuses: 'everything',
    time: true,
  },
  'a store that refuses everything for a while, and readers in the process that wrote meanwhile': {
    readers: inWriter,
    writers: ['update'],
    refuses: 'everything',
    recovers: true,
    recoveries: isLong ? 2 : 1,
  },
  'a debt that is paid by two at once': {
    readers: inWriter,
    writers: ['update'],
    refused: ['advance'],
    recoveries: 2,
    broken: { holdMs: 0 },
  },
  'an advance that is refused, and readers in the process that wrote': {
    readers: inWriter,
    writers: ['update'],
    refused: ['advance'],
    recoveries: 1,
    time: true,
  },
  'a debt that is paid while a reader waits for the clocks': {
    readers: inWriter,
    writers: ['update'],
    refused: ['advance'],
    recoveries: 1,
    split: true,
    // What a hold covers would hide what a debt does not.
    broken: { holdMs: 0 },
  },
  'readers of one turn, who ask one question and share one load': {
    readers: [
      { query: 'detail', times: 2 },
      { query: 'detail', times: 2 },
    ],
    writers: ['update'],
  },
  'readers of one turn who meet an entry that shows more than they asked for': {
    readers: [{ query: 'slug', times: 2 }, { query: 'slug', times: 2, process: 'q' }, { query: 'slug' }],
    writers: ['update'],
  },
  'loads without a store, which wait for each other': {
    readers: three,
    writers: ['update'],
    refuses: 'everything',
    loads: 1,
  },
  'a load that reads what no as-of covers': {
    readers: [{ query: 'uncovered' }, { query: 'uncovered' }, { query: 'uncovered', times: 2 }],
    writers: ['updateUser'],
  },
  'an eviction': { readers: some, writers: ['update'], evictions: { of: anything, times: 1 } },
  'two evictions': { readers: few, writers: ['update'], evictions: { of: anything, times: 2 } },
  'an eviction from under a relation': {
    readers: [{ query: 'joined' }, { query: 'joined' }],
    writers: ['transaction'],
    evictions: { of: anything, times: 1 },
  },
  'lifetimes that end': { readers: few, writers: ['update'], expiries: 2 },
  'entries past their timeout': { readers: some, writers: ['update'], expired: true },
  'entries past their timeout, and a relation': {
    readers: [
      { query: 'joined' },
      ...(isLong ? [{ query: 'joined' } as const] : []),
      { query: 'joined', process: 'q' },
    ],
    writers: ['transaction'],
    expired: true,
  },
  'entries past their timeout, and holds that grow old': {
    readers: few,
    writers: ['update'],
    expired: true,
    time: true,
  },
  'an older snapshot that comes back': { readers: some, writers: ['update'], restores: true },
  'explicit clears after writes nobody told of': { readers: some, clears: 2 },
  'an explicit clear and an eviction': { readers: some, clears: 1, evictions: { of: anything, times: 1 } },
  'a load that another process waits for': { readers: oneInEachOfTwo, writers: ['update'], leases: true },
  'a process that ends while another one waits for it': {
    readers: oneInEachOfTwo,
    writers: ['update'],
    leases: true,
    deaths: 1,
  },
  'a lease that ends before its load': { readers: oneInEachOfTwo, writers: one, leases: true, time: true },
  'a lease that is refused, or taken although its answer is lost': {
    readers: oneInEachOfTwo,
    writers: one,
    leases: true,
    refused: ['lease'],
    lost: ['lease'],
  },
  'an uncovered load that another process waits for': {
    readers: [{ query: 'uncovered' }, { query: 'uncovered', process: 'q' }],
    writers: ['updateUser'],
    leases: true,
  },
  ...(isLong && {
    // Step by step as the load of a detail.
    'a list that another process loads': {
      readers: [{ query: 'list' }, { query: 'list', process: 'q' }],
      writers: ['insert'],
      leases: true,
    },
    'loads of several processes, for which several readers wait': {
      readers: threeInTwoProcesses,
      writers: ['update'],
      leases: true,
    },
    'a row found by another key, for which another process waits': {
      readers: [{ query: 'slug' }, { query: 'slug', process: 'q' }],
      writers: ['update'],
      leases: true,
    },
    'an eviction while another process waits': {
      readers: oneInEachOfTwo,
      writers: ['update'],
      leases: true,
      evictions: { of: anything, times: 1 },
    },
    'tables on servers of their own': {
      readers: [{ query: 'joined' }, { query: 'joined' }],
      writers: ['transaction'],
      split: true,
    },
    'a transaction some of whose statements are sent together, by a writer that crashes': {
      readers: [{ query: 'list' }, { query: 'list' }],
      writers: ['together'],
      crashes: 1,
      time: true,
    },
    'one of two writers that crashes': { readers: two, writers: ['update', 'updateAll'], crashes: 1, time: true },
    'an older snapshot and two writers': { readers: two, writers: ['update', 'updateAll'], restores: true },
  }),
};

/** What bounds the guarantees: the caveats of the README, which would be wrong if these were not found. */
export const bounds: Record<string, Scenario> = {
  'a store that refused everything during a write, and comes back with all that it had': {
    readers: two,
    writers: ['update'],
    refuses: 'everything',
    recovers: true,
  },
  'a writer that crashes while the server goes on with its commit for longer than the hold lives': {
    readers: two,
    writers: ['update'],
    crashes: 1,
    orphans: true,
    time: true,
    slowCommits: true,
    renewals: 1,
  },
};
