import {
  datedLate,
  deafToRenewals,
  forgetDebts,
  forgetfulOfHolds,
  forgiveDebts,
  HastyProtocol,
  hurry,
  ignoreHolds,
  joinAfterTakeOff,
  joinByKeyOnly,
  joinSentQuestions,
  judgeDebtsLate,
  replace,
  seeing,
  SureProtocol,
  trustingOfUnknownRows,
  trustingWhileWaiting,
  withClocks,
} from './sabotage.js';
import type { Scenario } from './scenario.js';

interface Sabotaged extends Scenario {
  /** Breaks something in place; the result mends it. */
  readonly breaking?: () => () => void;
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
    broken: { store: (store, server) => replace(store, trustingOfUnknownRows(store, server)) },
  },
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
};
