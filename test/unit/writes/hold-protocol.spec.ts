import { setTimeout as wait } from 'node:timers/promises';
import { createCache } from 'cache-manager';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheEvents } from '../../../lib/events/cache-events.js';
import { HoldProtocol } from '../../../lib/writes/hold-protocol.js';
import type { CacheStore } from '../../../lib/store/cache-store.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';
import { FaultyStore } from '../../support/faulty-store.js';

const BUDGET = 20;
const HOLD = 60;
const user = { clock: 'user', rows: ['1'] };

describe('HoldProtocol', () => {
  let store: CacheStore;
  let faulty: FaultyStore;
  let protocol: HoldProtocol;
  let said: string[];

  beforeEach(() => {
    store = new MemoryStore(createCache(), { budgetMs: BUDGET });
    faulty = new FaultyStore(store, BUDGET);
    const events = new CacheEvents();
    said = [];
    events.on((event) => said.push(event.name === 'store:failed' ? `${event.operation} failed` : event.name));
    protocol = new HoldProtocol(() => store, events, { budgetMs: BUDGET, holdMs: HOLD });
  });
  afterEach(() => protocol.close());

  const clock = async () => (await store.read([], [{ clock: 'user', rows: [] }])).clocks[0]!;
  const renewals = (count: number) => vi.waitFor(() => expect(faulty.count('hold')).toBeGreaterThan(count));

  it.each([
    [HOLD, ['what it did']],
    [0, undefined],
  ])('tells what a write did only where others can see its hold (holdMs %i)', async (holdMs, changes) => {
    protocol = new HoldProtocol(() => store, new CacheEvents(), { budgetMs: BUDGET, holdMs });
    const { now } = await clock();
    const written = { clock: 'user', rows: 'new', change: 'what it did' } as const;
    await protocol.advance([written], await protocol.hold([written]));
    const { clocks } = await store.read([], [{ clock: 'user', rows: [], since: now }]);
    expect(clocks[0]).toMatchObject({ now: now + 1 });
    expect(clocks[0]!.changes).toEqual(changes);
  });

  it('renews the hold of a statement that takes longer than the hold lives, and no longer than it runs', async () => {
    const { now } = await clock();
    const hold = await protocol.hold([user]);
    await renewals(6);
    expect(await clock()).toMatchObject({ now, held: true });
    await protocol.advance([user], hold);
    const settled = faulty.count('hold');
    expect(await clock()).toMatchObject({ now: now + 1, held: false });
    await protocol.hold([{ clock: 'other', rows: [] }]);
    await renewals(settled + 2);
    expect(await clock()).toMatchObject({ now: now + 1, held: false });
  });

  describe('A write', () => {
    /** Whether it has gone on while the store was silent about its hold, and what makes the store answer. */
    async function whileUnanswered(hold: () => Promise<unknown>): Promise<{ isMade: boolean; answer: () => void }> {
      const holdNow = store.hold.bind(store);
      let answer!: () => void;
      vi.spyOn(store, 'hold').mockImplementation((...asked) => {
        return new Promise((done) => (answer = () => done(holdNow(...asked))));
      });
      let isMade = false;
      void hold().then(() => (isMade = true));
      await wait(5);
      return { isMade, answer };
    }

    const strict = () => {
      const needing = new HoldProtocol(() => store, new CacheEvents(), {
        budgetMs: BUDGET,
        holdMs: HOLD,
        needsHold: true,
      });
      onTestFinished(() => needing.close());
      return needing;
    };

    it.each<[string, () => Promise<unknown>]>([
      ['releases no keys', () => protocol.hold([user])],
      ['may free a key', () => protocol.hold([{ ...user, releasesKeys: true }])],
      ['must have its hold', () => strict().hold([user])],
    ])('that %s is sent only after its hold was answered', async (_, hold) => {
      const { isMade, answer } = await whileUnanswered(hold);
      expect(isMade).toBe(false);
      answer();
    });
  });

  it('frees what a hold covers and its write did not show, once the store has heard of the write', async () => {
    const other = { clock: 'other', rows: [] };
    const held = async () => (await store.read([], [{ clock: 'other', rows: [] }])).clocks[0]!.held;
    const hold = await protocol.hold([user, other]);
    await wait(2 * BUDGET);
    expect(await held()).toBe(true);
    await protocol.advance([user], hold);
    expect(await held()).toBe(false);

    const unheard = await protocol.hold([user, other]);
    faulty.break('throws', 'advance');
    await protocol.advance([user], unheard);
    expect(await held()).toBe(true);
  });

  it('advances again at the deadline of a hold that was never taken, when nobody knows what became of its write', async () => {
    const { now } = await clock();
    faulty.break('throws', 'hold');
    await protocol.advanceAmbiguous([user], await protocol.hold([user]));
    expect((await clock()).now).toBe(now + 1);
    await vi.waitFor(async () => expect((await clock()).now).toBe(now + 2));
  });

  it('settles a hold only when its renewal is through, so that none is left behind', async () => {
    const hold = await protocol.hold([user]);
    let arrive: () => void = () => undefined;
    const holdNow = store.hold;
    const renewed = new Promise<void>((resolve) => {
      vi.spyOn(store, 'hold').mockImplementation((...asked) => {
        resolve();
        return new Promise((done) => (arrive = () => done(holdNow.call(store, ...asked))));
      });
    });
    await renewed;
    const released = protocol.release(hold);
    arrive();
    await released;
    await wait(BUDGET + 5);
    expect((await clock()).held).toBe(false);
  });

  it('records by a renewal what the store did not take at first, and a store that lost it', async () => {
    faulty.break('throws', 'hold');
    const hold = await protocol.hold([user]);
    expect(hold.blocks).toBeUndefined();
    faulty.mend();
    await vi.waitFor(() => expect(hold.blocks).toBeDefined());
    await vi.waitFor(async () => expect((await clock()).held).toBe(true));
    await store.release(['user'], hold.id);
    await vi.waitFor(async () => expect((await clock()).held).toBe(true));
  });

  it('renews the hold of a statement the client gave up while the server runs it, then tells of it and takes it back', async () => {
    const { now } = await clock();
    let end: () => void = () => undefined;
    const stillRunning = new Promise<void>((resolve) => (end = resolve));
    await protocol.advanceAmbiguous([user], await protocol.hold([user]), stillRunning);
    await renewals(6);
    expect(await clock()).toMatchObject({ now: now + 1, held: true });
    end();
    await vi.waitFor(async () => expect(await clock()).toMatchObject({ now: now + 2, held: false }));
  });

  it('leaves the hold of a write nobody knows of to its deadline', async () => {
    const { now } = await clock();
    await protocol.advanceAmbiguous([user], await protocol.hold([user]));
    const settled = faulty.count('hold');
    await wait(HOLD + 5);
    expect(faulty.count('hold')).toBe(settled);
    expect(await clock()).toMatchObject({ now: now + 2, held: false });
  });

  it('renews nothing once it is closed', async () => {
    await protocol.hold([user]);
    protocol.close();
    await wait(HOLD);
    expect(faulty.count('hold')).toBe(1);
  });

  it('waits a whole budget for an advance, whatever the hold has used', async () => {
    faulty.break('hangs', 'hold', 'advance');
    const began = performance.now();
    const hold = await protocol.hold([user]);
    const heldMs = performance.now() - began;
    await protocol.advance([user], hold);
    expect(performance.now() - began - heldMs).toBeGreaterThan(BUDGET - 2);
    expect(said).toEqual(['hold failed', 'advance failed']);
  });

  it('acknowledges a write whose advance failed only once its hold blocks, and says so', async () => {
    // Longer than a slow machine takes to find out at once.
    const slow = { budgetMs: 1_500, holdMs: 60_000 };
    const events = new CacheEvents();
    events.on((event) => said.push(event.name === 'store:failed' ? `${event.operation} failed` : event.name));
    const patient = new HoldProtocol(() => store, events, slow);
    const hold = await patient.hold([user]);
    faulty.break('throws', 'advance');
    await patient.advance([user], hold);
    expect(Date.now()).toBeGreaterThanOrEqual(hold.blocks!.from);
    expect(said).toEqual(['advance failed']);
    patient.close();
  });
});
