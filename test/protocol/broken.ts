import {
  blindToEpochs,
  datedLate,
  deafToHolds,
  deafToRenewals,
  forgetDebts,
  forgetfulOfHolds,
  forgiveDebts,
  HastyProtocol,
  holdingKeys,
  hurry,
  ignoreHolds,
  ImpatientProtocol,
  joinAfterTakeOff,
  joinByKeyOnly,
  joinSentQuestions,
  judgeDebtsLate,
  missingOneWrite,
  replace,
  sayingGone,
  seeing,
  seeingLate,
  SureProtocol,
  takingAnyMark,
  trustingOfUnaskedRows,
  trustingOfUnknownRows,
  trustingWhileWaiting,
  vouchesInDebt,
  vouchingBy,
  withClocks,
} from './sabotage.js';
import type { CacheStore } from '../../lib/store/cache-store.js';
import type { Scenario } from './scenario.js';

export interface Sabotaged extends Scenario {
  /** Breaks something in place; the result mends it. */
  readonly breaking?: () => () => void;
  /** What is found. Default: that it is stale. */
  readonly finds?: RegExp;
}

const two = [{ query: 'detail' }, { query: 'detail' }] as const;
const three = [...two, { query: 'detail' }] as const;
const inWriter = [
  { query: 'detail', process: 'w1' },
  { query: 'detail', process: 'w1' },
] as const;
const outage = {
  readers: inWriter,
  writers: ['update'],
  refuses: 'everything',
  recovers: true,
  recoveries: 1,
} as const;
const near = { near: 'shared', readers: two, writers: ['update'] } as const;
const local = { near: 'local', readers: inWriter, writers: ['update'] } as const;
const tracked = { near: 'tracked', readers: two, writers: ['update'] } as const;
const gone = /^GONE/;
const anyMark = (store: CacheStore) => replace(store, takingAnyMark(store));
const write = { readers: two, writers: ['update'] } as const;

/** Sabotage that does nothing, so that what the others find is theirs. */
export const unbroken: Scenario = {
  ...write,
  broken: {
    store: (store) =>
      replace(
        store,
        seeing(store, (read) => read),
      ),
  },
};

/** One part of the engine broken in each. */
export const broken: Record<string, Sabotaged> = {
  'a single flight that joins whatever the as-of': { ...write, breaking: joinByKeyOnly },
  'a load without an as-of that is joined after it has begun': {
    readers: two,
    writers: ['update'],
    refuses: 'everything',
    breaking: joinAfterTakeOff,
  },
  'a load of more than its as-of covers that is joined after it has begun': {
    readers: [{ query: 'uncovered' }, { query: 'uncovered' }],
    writers: ['updateUser'],
    breaking: joinAfterTakeOff,
  },
  'a question that is joined after it was sent': {
    readers: three,
    writers: ['update'],
    split: true,
    breaking: joinSentQuestions,
  },
  'a waiter that takes the entry it finds without judging it': {
    readers: [{ query: 'detail' }, { query: 'detail', process: 'q' }],
    writers: ['update'],
    leases: true,
    broken: { store: (store, server) => replace(store, trustingWhileWaiting(store, server)) },
  },
  'an as-of taken after the load': { ...write, broken: { store: (store) => replace(store, datedLate(store)) } },
  'an advance before the commit': { ...write, broken: { protocol: HastyProtocol } },
  'an entry that does not depend on the clock of its database': { readers: two, writers: ['call'] },
  'no hold, and a crash': { ...write, crashes: 1, broken: { holdMs: 0 } },
  'a hold that ends with its process, of a write that went on without it': {
    ...write,
    crashes: 1,
    time: true,
    broken: { store: (store) => replace(store, sayingGone(store)) },
  },
  'a name given up while the hold is on its way': {
    readers: [{ query: 'name' }, { query: 'name' }],
    writers: ['rename', 'takeName'],
    broken: { protocol: ImpatientProtocol, store: (store) => replace(store, holdingKeys(store)) },
  },
  'a name taken as if nobody were giving it up': {
    readers: [{ query: 'name' }, { query: 'name' }],
    writers: ['rename', 'takeName'],
    broken: {
      store: (store) => replace(store, { hold: (clocks, id, deadlineMs) => store.hold(clocks, id, deadlineMs, false) }),
    },
  },
  'a hold that vanishes at its deadline': {
    ...write,
    crashes: 1,
    time: true,
    broken: { store: (store, server) => replace(store, forgetfulOfHolds(store, server)) },
  },
  'a hold that is never renewed': {
    ...write,
    crashes: 1,
    time: true,
    renewals: 2,
    broken: { store: deafToRenewals },
  },
  'a write acknowledged at once when its advance failed': {
    ...write,
    refused: ['advance'],
    breaking: () => hurry(Infinity),
  },
  'a write acknowledged as its hold begins to block': { ...write, refused: ['advance'], breaking: () => hurry(3) },
  'a held table that is read as if it were not': {
    readers: three,
    writers: ['update'],
    refused: ['advance'],
    time: true,
    breaking: ignoreHolds,
  },
  'a hold taken back for a commit whose answer was lost': {
    ...write,
    commits: ['ambiguous'],
    time: true,
    broken: { protocol: SureProtocol },
  },
  'an epoch that is ignored': {
    ...write,
    restores: true,
    broken: {
      store: (store) =>
        replace(
          store,
          seeing(store, (read) => ({ ...read, epoch: '' })),
        ),
    },
  },
  'a write of unknown rows that only the clock tells of': {
    readers: two,
    writers: ['updateAll'],
    broken: {
      store: (store) =>
        replace(
          store,
          seeing(
            store,
            withClocks((state) => ({ ...state, unknown: 0 })),
          ),
        ),
    },
  },
  "clocks of rows that do not follow their table's": {
    ...write,
    broken: {
      store: (store) =>
        replace(
          store,
          seeing(
            store,
            withClocks((state) => ({ ...state, rows: state.rows.map(() => 0) })),
          ),
        ),
    },
  },
  'a row whose clock is gone that counts as never written': {
    ...write,
    evictions: { of: ['row'], times: 1 },
    broken: { store: trustingOfUnknownRows },
  },
  'rows nobody has asked about, of a table that has moved': { ...write, breaking: trustingOfUnaskedRows },
  'a table that has moved, taken for one that has not': { ...write, breaking: missingOneWrite },
  'a debt that is forgotten': { ...outage, breaking: forgetDebts },
  'a debt that counts as paid before the store has heard of it': { ...outage, breaking: forgiveDebts },
  'a debt that is looked up when the store has answered': {
    readers: inWriter,
    writers: ['update'],
    refused: ['advance'],
    recoveries: 1,
    split: true,
    broken: { holdMs: 0 },
    breaking: judgeDebtsLate,
  },
  'a store that serves reads while it refuses writes': { ...write, refuses: 'writes' },
  'what a process keeps, shown without asking the clocks': {
    ...near,
    broken: { store: (store) => replace(store, { vouchesFor: () => true }) },
  },
  'what a process keeps, judged by the clocks of an earlier answer': {
    ...near,
    broken: { store: (store) => replace(store, seeingLate(store)) },
  },
  'what a process keeps, of another epoch': {
    ...near,
    restores: true,
    broken: { store: (store) => replace(store, blindToEpochs(store)) },
  },
  'what a process keeps of an entry that was dropped': {
    near: 'shared',
    readers: two,
    evictions: { of: ['entry'], times: 1 },
    broken: { store: anyMark },
    finds: gone,
  },
  'what a process keeps of an entry whose life is over': {
    near: 'shared',
    readers: two,
    expiries: 1,
    broken: { store: anyMark },
    finds: gone,
  },
  'what a process keeps of an entry that was replaced': {
    near: 'shared',
    readers: [...two, { query: 'detail', process: 'q' }],
    evictions: { of: ['entry'], times: 1 },
    broken: {
      store: (store) =>
        replace(
          store,
          takingAnyMark(store, (text) => text !== undefined),
        ),
    },
    finds: gone,
  },
  'a store of this process that vouches for what is there no more': {
    ...local,
    evictions: { of: ['entry'], times: 1 },
    broken: {
      store: (store, server) =>
        replace(
          store,
          vouchingBy(server, (state) => state),
        ),
    },
    finds: gone,
  },
  'a store of this process that vouches for another epoch': {
    ...local,
    restores: true,
    broken: {
      store: (store, server) =>
        replace(store, {
          vouchesFor: (key, entry) => store.vouchesFor(key, { ...entry, epoch: String(server.epoch) }),
        }),
    },
  },
  'a store of this process that vouches for what is held': {
    ...local,
    commits: ['ambiguous'],
    time: true,
    breaking: deafToHolds,
  },
  'a store of this process that vouches for what it is owed': {
    ...local,
    refused: ['advance'],
    broken: { holdMs: 0 },
    breaking: vouchesInDebt,
  },
  'a store of this process that vouches for rows whatever is written to unknown ones': {
    ...local,
    writers: ['updateAll'],
    broken: {
      store: (store, server) =>
        replace(
          store,
          vouchingBy(server, (state) => ({ ...state, unknown: 0 })),
        ),
    },
  },
  'a store of this process that vouches for rows whatever is written to them': {
    ...local,
    broken: {
      store: (store, server) =>
        replace(
          store,
          vouchingBy(server, (state) => ({ ...state, rows: state.rows.map(() => 0) })),
        ),
    },
  },
  'what is heard of changes from the answer on': {
    ...tracked,
    asksAnew: true,
    broken: { holdMs: 0, tracking: 'begun late' },
  },
  'what is heard of changes, whatever holds are in sight': {
    ...tracked,
    refused: ['advance'],
    time: true,
    broken: { tracking: 'blind to holds' },
  },
  'what is heard of changes, and not what its process has written': {
    ...tracked,
    readers: inWriter,
    broken: { tracking: 'deaf to itself' },
  },
  'what is heard of changes, whatever is owed': {
    ...tracked,
    readers: inWriter,
    refused: ['advance'],
    broken: { holdMs: 0 },
    breaking: vouchesInDebt,
  },
};
