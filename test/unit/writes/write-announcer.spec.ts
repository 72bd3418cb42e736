import { setTimeout as wait } from 'node:timers/promises';
import { createCache } from 'cache-manager';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CacheEvents } from '../../../lib/events/cache-events.js';
import { WriteAnnouncer } from '../../../lib/writes/write-announcer.js';
import type { CacheStore } from '../../../lib/store/cache-store.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';
import { FaultyStore } from '../../support/faulty-store.js';

const BUDGET = 20;
const HOLD = 60;
const user = { table: 'user', rows: ['1'] };

describe('WriteAnnouncer', () => {
  let store: CacheStore;
  let faulty: FaultyStore;
  let announcer: WriteAnnouncer;
  let said: string[];

  beforeEach(() => {
    store = new MemoryStore(createCache(), { budgetMs: BUDGET });
    faulty = new FaultyStore(store, BUDGET);
    const events = new CacheEvents();
    said = [];
    events.on((event) => said.push(event.name === 'store:failed' ? `${event.operation} failed` : event.name));
    announcer = new WriteAnnouncer(() => store, events, { budgetMs: BUDGET, holdMs: HOLD });
  });
  afterEach(() => announcer.close());

  const tags = async () => (await store.read([], [{ table: 'user', rows: [] }])).tables[0]!;
  const renewals = (count: number) => vi.waitFor(() => expect(faulty.count('hold')).toBeGreaterThan(count));

  it('renews the hold of a statement that takes longer than the hold lives, and no longer than it runs', async () => {
    const { version } = await tags();
    const announcement = await announcer.announce([user]);
    await renewals(6);
    expect(await tags()).toMatchObject({ version, held: true });
    await announcer.advance([user], announcement);
    const settled = faulty.count('hold');
    expect(await tags()).toMatchObject({ version: version + 1, held: false });
    await announcer.announce([{ table: 'other', rows: [] }]);
    await renewals(settled + 2);
    expect(await tags()).toMatchObject({ version: version + 1, held: false });
  });

  it('settles a hold only when its renewal is through, so that none is left behind', async () => {
    const announcement = await announcer.announce([user]);
    let arrive: () => void = () => undefined;
    const { hold } = store;
    const renewed = new Promise<void>((resolve) => {
      vi.spyOn(store, 'hold').mockImplementation((...asked) => {
        resolve();
        return new Promise((done) => (arrive = () => done(hold(...asked))));
      });
    });
    await renewed;
    const retracted = announcer.retract(announcement);
    arrive();
    await retracted;
    await wait(BUDGET + 5);
    expect((await tags()).held).toBe(false);
  });

  it('records by a renewal what the store did not take at first, and a store that lost it', async () => {
    faulty.break('throws', 'hold');
    const announcement = await announcer.announce([user]);
    expect(announcement.blocks).toBeUndefined();
    faulty.mend();
    await vi.waitFor(() => expect(announcement.blocks).toBeDefined());
    await vi.waitFor(async () => expect((await tags()).held).toBe(true));
    await store.release(['user'], announcement.id);
    await vi.waitFor(async () => expect((await tags()).held).toBe(true));
  });

  it('renews the hold of a statement the client gave up while the server runs it, then tells of it and takes it back', async () => {
    const { version } = await tags();
    let end: () => void = () => undefined;
    const stillRunning = new Promise<void>((resolve) => (end = resolve));
    await announcer.advanceAmbiguous([user], await announcer.announce([user]), stillRunning);
    await renewals(6);
    expect(await tags()).toMatchObject({ version: version + 1, held: true });
    end();
    await vi.waitFor(async () => expect(await tags()).toMatchObject({ version: version + 2, held: false }));
  });

  it('leaves the hold of a write nobody knows of to its deadline', async () => {
    const { version } = await tags();
    await announcer.advanceAmbiguous([user], await announcer.announce([user]));
    const settled = faulty.count('hold');
    await wait(HOLD + 5);
    expect(faulty.count('hold')).toBe(settled);
    expect(await tags()).toMatchObject({ version: version + 2, held: false });
  });

  it('renews nothing once it is closed', async () => {
    await announcer.announce([user]);
    announcer.close();
    await wait(HOLD);
    expect(faulty.count('hold')).toBe(1);
  });

  it('waits a whole budget for an advance, whatever the hold has used', async () => {
    faulty.break('hangs', 'hold', 'advance');
    const began = performance.now();
    const announcement = await announcer.announce([user]);
    const heldMs = performance.now() - began;
    await announcer.advance([user], announcement);
    expect(performance.now() - began - heldMs).toBeGreaterThan(BUDGET - 2);
    expect(said).toEqual(['hold failed', 'advance failed']);
  });

  it('acknowledges a write whose advance failed only once its hold blocks, and says so', async () => {
    const announcement = await announcer.announce([user]);
    faulty.break('throws', 'advance');
    await announcer.advance([user], announcement);
    expect((await tags()).held).toBe(true);
    expect(said).toEqual(['advance failed']);
  });
});
