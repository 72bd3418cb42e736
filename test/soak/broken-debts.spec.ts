import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CacheStore, ClockWrite } from '../../lib/store/cache-store.js';
import { Debts } from '../../lib/store/debts.js';
import { forgetDebts, trustEarly } from './broken-debts.js';
import { DebtBook } from './debt-book.js';
import type { FromWorker } from './messages.js';

const { add, pay } = Debts.prototype;
const store = {} as CacheStore;
const write: ClockWrite[] = [{ clock: 'article', rows: 'unknown' }];

afterEach(() => void Object.assign(Debts.prototype, { add, pay }));

describe('A broken debt', () => {
  it('that is forgotten is not owed', () => {
    forgetDebts(store);
    const debts = new Debts();
    debts.add(write);
    expect(debts.owes('article')).toBe(false);
  });

  it('that is trusted early counts as paid, and the store has not heard of it', async () => {
    trustEarly(store);
    const debts = new Debts();
    debts.add(write);
    let told = 0;
    let paid = 0;
    await debts.pay(
      async () => void told++,
      (writes) => void (paid += writes.length),
    );
    expect(paid).toBe(1);
    expect(told).toBe(0);
    expect(debts.isEmpty).toBe(true);
  });
});

describe('DebtBook', () => {
  let told: FromWorker[];
  let book: DebtBook;
  beforeEach(() => {
    told = [];
    book = new DebtBook(7, (message) => told.push(message));
  });

  const last = () => told.filter(({ kind }) => kind === 'debts').at(-1);

  it('takes for paid what was owed when the payment began', async () => {
    const debts = new Debts();
    debts.add(write);
    book.made();
    await debts.pay(
      async () => void book.made(),
      () => undefined,
    );
    book.paid();
    expect(told).toContainEqual(expect.objectContaining({ kind: 'paid', worker: 7, upTo: 1 }));
    expect(last()).toMatchObject({ made: 2, paid: 1, lost: 0 });
    book.lost();
    expect(last()).toMatchObject({ made: 2, paid: 1, lost: 1 });
  });

  it('is told of payments whichever way debts are broken', async () => {
    trustEarly(store);
    book.made();
    await new Debts().pay(
      async () => undefined,
      () => undefined,
    );
    book.paid();
    expect(last()).toMatchObject({ made: 1, paid: 1 });
  });
});
