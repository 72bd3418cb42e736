import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { StoreError, type StoreFailure } from '../../../lib/errors.js';
import { type CacheEvent, CacheEvents } from '../../../lib/events/cache-events.js';
import type { CacheStore, ClocksRead, ClockWrite } from '../../../lib/store/cache-store.js';
import { GuardedStore } from '../../../lib/store/guarded-store.js';
import { endOfTurn } from '../../../lib/cache/end-of-turn.js';

// What is faked below is the global one.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number) => new Promise<void>((wake) => void setTimeout(wake, ms)),
}));

const BUDGET = 20;
const of = (...clocks: string[]) => clocks.map((clock) => ({ clock, rows: [] }));
const write = (clock: string, ...rows: string[]): ClockWrite => ({ clock, rows: rows.length ? rows : 'new' });

describe('A guarded store', () => {
  let events: CacheEvent[];
  let asked: string[];
  let advanced: (readonly ClockWrite[])[];
  /** What becomes of what is asked. Default: it is done. */
  let fails: Partial<Record<keyof CacheStore, (() => Promise<never>) | undefined>>;
  let store: GuardedStore;
  let isVouching: boolean;
  let vouched: unknown[];
  let replaced: unknown[];

  const failing = (reason: StoreFailure) => () => Promise.reject(new StoreError(`is ${reason}`, reason));
  const silent = () => new Promise<never>(() => undefined);
  const outcome = (asking: Promise<unknown>) =>
    asking.then(
      () => 'done',
      (error: unknown) => (error instanceof StoreError ? error.reason : error),
    );
  const names = () => events.map((event) => ('operation' in event ? `${event.name} ${event.operation}` : event.name));
  const held = async (...clocks: string[]) => (await store.read([], of(...clocks))).clocks.map((clock) => clock.held);

  beforeEach(() => {
    // Only what a test does by itself recovers.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    events = [];
    asked = [];
    advanced = [];
    fails = {};
    isVouching = true;
    vouched = [];
    replaced = [];
    const cacheEvents = new CacheEvents();
    cacheEvents.on((event) => events.push(event));
    const ask = async <T>(name: keyof CacheStore, answer: T): Promise<T> => {
      asked.push(name);
      await fails[name]?.();
      return answer;
    };
    const read = (queries: readonly unknown[]): ClocksRead => ({
      epoch: 'e',
      clocks: queries.map(() => ({ now: 1, unknown: 1, rows: [], held: false, changes: ['a change'] })),
    });
    const inner = {
      name: 'inner',
      read: (keys: readonly string[], queries: readonly unknown[]) =>
        ask('read', { ...read(queries), entries: keys.map(() => undefined), standing: { isStanding: true } }),
      vouchesFor: (...asked: unknown[]) => (vouched.push(asked), isVouching),
      touch: (queries: readonly unknown[]) => ask('touch', read(queries)),
      put: () => ask('put', undefined),
      replace: (...asked: unknown[]) => ask('replace', void replaced.push(asked)),
      remove: () => ask('remove', undefined),
      hold: () => ask('hold', undefined),
      release: () => ask('release', undefined),
      advance: async (writes: readonly ClockWrite[]) => {
        await ask('advance', undefined);
        advanced.push(writes);
      },
      close: async () => undefined,
    };
    store = new GuardedStore(inner as never, cacheEvents, BUDGET);
  });

  it.each<StoreFailure>(['unreachable', 'unable'])('is not asked again after it was %s once', async (reason) => {
    fails.read = failing(reason);
    expect(await outcome(store.read([], of('a')))).toBe(reason);
    expect(await outcome(store.read([], of('a')))).toBe('not asked');
    expect(await outcome(store.put('key', 'text', 1))).toBe('not asked');
    expect(await outcome(store.replace('key', 'mark', 'text'))).toBe('not asked');
    expect(asked).toEqual(['read']);
    expect(names()).toEqual(['circuit:opened read']);
  });

  it('is told what replaces an entry', async () => {
    await store.replace('key', 'mark', 'text');
    expect(replaced).toEqual([['key', 'mark', 'text']]);
  });

  it('is asked again where it refuses one thing only', async () => {
    fails.read = failing('refused');
    expect(await outcome(store.read([], of('a')))).toBe('refused');
    fails = {};
    expect(await outcome(store.read([], of('b')))).toBe('done');
    expect(names()).toEqual([]);
  });

  it('lets go whoever waits for it when it is found to be gone', async () => {
    fails.read = silent;
    const waiting = outcome(store.read([], of('a')));
    fails.put = failing('unreachable');
    await outcome(store.put('key', 'text', 1));
    expect(await waiting).toBe('not asked');
  });

  it('is asked no more when it was silent for as long as somebody waited, and goes on when it answered others', async () => {
    const late = async () => {
      const until = performance.now() + BUDGET;
      while (performance.now() < until);
      throw new StoreError('is late', 'late');
    };
    fails.read = async () => {
      await endOfTurn();
      await store.put('key', 'text', 1);
      return late();
    };
    expect(await outcome(store.read([], of('a')))).toBe('late');
    expect(names()).toEqual([]);
    fails.read = late;
    expect(await outcome(store.read([], of('a')))).toBe('late');
    expect(await outcome(store.read([], of('a')))).toBe('not asked');
  });

  it('is asked again whatever becomes of what was asked before it was found to be back', async () => {
    let giveUp!: (error: Error) => void;
    fails.hold = () => new Promise<never>((_, reject) => (giveUp = reject));
    const early = outcome(store.hold(['a'], 'early', 1));
    fails.hold = failing('unreachable');
    await outcome(store.hold(['a'], 'late', 1));
    expect(await early).toBe('not asked');
    fails = {};
    await store.recover();
    giveUp(new StoreError('is late', 'late'));
    await endOfTurn();
    expect(await outcome(store.hold(['a'], 'later', 1))).toBe('done');
  });

  it('says nothing by what was given up before a budget had passed', async () => {
    fails.read = failing('late');
    expect(await outcome(store.read([], of('a')))).toBe('late');
    expect(await outcome(store.read([], of('a')))).toBe('late');
  });

  it('tries to advance what could not be held', async () => {
    fails.hold = failing('late');
    expect(await outcome(store.hold(['a'], 'h', 1))).toBe('late');
    expect(await outcome(store.hold(['a'], 'h', 1))).toBe('not asked');
    expect(await outcome(store.advance([write('a')]))).toBe('done');
    expect(store.owed).toEqual([]);
  });

  it('is read while it cannot be told, but for what it is owed', async () => {
    fails.advance = failing('late');
    expect(await outcome(store.advance([write('a', '1')]))).toBe('late');
    expect(await outcome(store.advance([write('b', '1')]))).toBe('not asked');
    expect(await held('a', 'b', 'c')).toEqual([true, true, false]);
    expect((await store.touch(of('a', 'c'), 1)).clocks.map((clock) => clock.held)).toEqual([true, false]);
    expect(names()).toEqual(['circuit:opened advance', 'debt:made', 'debt:made']);
  });

  it('tells of no change of what it is owed, whatever its journal has', async () => {
    fails.advance = failing('late');
    await outcome(store.advance([write('a', '1')]));
    const { clocks } = await store.read([], [{ clock: 'a', rows: [], since: 0 }, ...of('b')]);
    expect(clocks.map(({ changes }) => changes)).toEqual([undefined, ['a change']]);
  });

  it('is told of what it is owed without what that has changed', async () => {
    fails.advance = failing('late');
    await outcome(store.advance([{ clock: 'a', rows: ['1'], change: 'one' }]));
    fails = {};
    await store.recover();
    expect(advanced).toEqual([[{ clock: 'a', rows: ['1'], takesKeys: false, releasesKeys: false }]]);
    await store.advance([{ clock: 'a', rows: ['1'], change: 'two' }]);
    expect(advanced[1]).toEqual([{ clock: 'a', rows: ['1'], change: 'two' }]);
  });

  it('is trusted again once it has heard of everything', async () => {
    fails.advance = fails.read = failing('unreachable');
    await outcome(store.read([], of('a')));
    await outcome(store.advance([write('a', '1')]));
    await outcome(store.advance([{ clock: 'a', rows: ['2'], takesKeys: true }, write('b')]));
    fails.read = undefined;
    await store.recover();
    expect(await outcome(store.read([], of('c')))).toBe('not asked');
    fails = {};
    await store.recover();
    expect(advanced).toEqual([
      [
        { clock: 'a', rows: ['1', '2'], takesKeys: true, releasesKeys: false },
        { clock: 'b', rows: 'new', takesKeys: false, releasesKeys: false },
      ],
    ]);
    expect(await held('a', 'b')).toEqual([false, false]);
    expect(store.isWhole).toBe(true);
    expect(names().slice(4)).toEqual([
      'tag:advanced',
      'tag:advanced',
      'debt:paid',
      'circuit:closed advance',
      'circuit:closed read',
    ]);
  });

  it('is not trusted by a read that was sent before it was paid', async () => {
    fails.advance = failing('unreachable');
    await outcome(store.advance([write('a')]));
    let answer!: () => void;
    fails.read = () => new Promise<void>((resolve) => (answer = resolve)) as Promise<never>;
    const reading = held('a');
    fails.advance = undefined;
    await store.recover();
    answer();
    expect(await reading).toEqual([true]);
  });

  it('is told of holds it may have taken of writes that were not made', async () => {
    fails.hold = failing('late');
    await outcome(store.hold(['a'], 'late', 1));
    expect(await outcome(store.release(['a'], 'late'))).toBe('not asked');
    fails = { release: failing('late') };
    await store.recover();
    // Not trusted with another one before it has heard.
    expect(await outcome(store.hold(['a'], 'another', 1))).toBe('not asked');
    fails = {};
    asked = [];
    await store.recover();
    expect(asked).toEqual(['advance', 'release']);
    expect(await outcome(store.hold(['a'], 'another', 1))).toBe('done');
    fails.advance = failing('unreachable');
    await outcome(store.advance([write('a')]));
    fails = {};
    asked = [];
    await store.recover();
    expect(asked).toEqual(['advance']);
  });

  it('is told of holds that were to be released while it was told of others', async () => {
    fails.hold = failing('late');
    await outcome(store.hold(['a'], 'first', 1));
    expect(await outcome(store.release(['a'], 'first'))).toBe('not asked');
    let answer!: () => void;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    fails = { release: () => answered as Promise<never> };
    await vi.advanceTimersByTimeAsync(50);
    expect(asked).toContain('release');
    expect(await outcome(store.release(['a'], 'meanwhile'))).toBe('not asked');
    answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(names().at(-1)).toBe('circuit:closed hold');
    asked = [];
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toEqual(['release']);
    expect(store.isWhole).toBe(true);
  });

  it('is told of the holds of what it is owed, and not before that is paid', async () => {
    await store.hold(['a', 'b'], 'h', 1);
    fails.advance = failing('late');
    expect(await outcome(store.advance([write('a'), write('b')], 'h'))).toBe('late');
    asked = [];
    await store.recover();
    expect(asked).toEqual(['advance']);
    let calls = 0;
    // All together, then a and b.
    fails.advance = async () => {
      if (++calls < 3) throw new StoreError('WRONGTYPE', 'refused');
      return undefined as never;
    };
    asked = [];
    await store.recover();
    expect(store.owed).toEqual(['a']);
    expect(asked).toEqual(['advance', 'advance', 'advance']);
    asked = [];
    await store.recover();
    expect(asked).toEqual(['advance', 'release']);
    expect(store.isWhole).toBe(true);
  });

  it('keeps no more than a thousand holds in mind', async () => {
    fails.hold = failing('unreachable');
    for (let n = 0; n <= 1_000; n++) {
      await outcome(store.hold(['a'], `${n}`, 1));
      await outcome(store.release(['a'], `${n}`));
    }
    fails = {};
    asked = [];
    await store.recover();
    expect(asked.filter((name) => name === 'release')).toHaveLength(1_000);
  });

  it('is owed what is written while it is paid', async () => {
    fails.advance = failing('unreachable');
    await outcome(store.advance([write('a')]));
    fails.advance = async () => {
      // The first one is on its way.
      fails.advance = undefined;
      await outcome(store.advance([write('b')]));
      throw new StoreError('is gone', 'unreachable');
    };
    await store.recover();
    expect(await held('a')).toEqual([true]);
    expect(store.owed).toContain('a');
    await store.recover();
    expect(store.owed).toEqual([]);
    expect(advanced.flat().map(({ clock }) => clock)).toContain('a');
  });

  it('has not been paid what was written once more meanwhile', async () => {
    fails.advance = failing('unreachable');
    await outcome(store.advance([write('a', '1'), write('b')]));
    fails.advance = async () => {
      fails.advance = undefined;
      await outcome(store.advance([write('a', '2')]));
      return undefined as never;
    };
    const paid = () => events.flatMap((event) => (event.name === 'debt:paid' ? [event.tables] : []));
    await store.recover();
    expect(store.owed).toEqual(['a']);
    expect(paid()).toEqual([['b']]);
    await store.recover();
    expect(paid()).toEqual([['b'], ['a']]);
  });

  it('is paid once at a time, and trusts nothing before', async () => {
    fails.advance = failing('unreachable');
    await outcome(store.advance([write('a')]));
    let arrive!: () => void;
    fails.advance = () => new Promise<void>((resolve) => (arrive = resolve)) as Promise<never>;
    const tries = [store.recover(), store.recover(), store.settle()];
    await endOfTurn();
    expect(await held('a')).toEqual([true]);
    arrive();
    await Promise.all(tries);
    expect(advanced).toHaveLength(1);
    expect(events.map(({ name }) => name)).not.toContain('debt:lost');
  });

  it('is paid piece by piece, and no piece twice', async () => {
    fails.advance = failing('unreachable');
    const rows = Array.from({ length: 90 }, (_, i) => String(i));
    for (let n = 0; n < 30; n++) await outcome(store.advance([write(`t${n}`, ...rows)]));
    let calls = 0;
    fails.advance = async () => {
      if (++calls === 2) throw new StoreError('is gone', 'unreachable');
      return undefined as never;
    };
    await store.recover();
    expect(advanced.map((writes) => writes.length)).toEqual([10]);
    expect(store.owed).toHaveLength(20);
    fails = {};
    await store.recover();
    expect(advanced.map((writes) => writes.length)).toEqual([10, 10, 10]);
    expect(new Set(advanced.flat().map(({ clock }) => clock)).size).toBe(30);
  });

  it('is paid the rest where it refuses one debt', async () => {
    fails.advance = failing('unreachable');
    await outcome(store.advance([write('a'), write('b'), write('c')]));
    let calls = 0;
    fails.advance = async () => {
      // All together, then a, b and c.
      if ([1, 3].includes(++calls)) throw new StoreError('WRONGTYPE', 'refused');
      return undefined as never;
    };
    await store.recover();
    expect(store.owed).toEqual(['b']);
    expect(await held('a', 'b', 'c')).toEqual([false, true, false]);
    expect(await outcome(store.advance([write('d')]))).toBe('done');
  });

  it('is told of the others at once where it refuses one debt', async () => {
    fails.advance = failing('unreachable');
    await outcome(store.advance([write('a'), write('b'), write('c')]));
    asked = [];
    let answer!: () => void;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    fails.advance = async () => {
      if (asked.length === 1) throw new StoreError('WRONGTYPE', 'refused');
      return (await answered) as never;
    };
    const paying = store.recover();
    await endOfTurn();
    // All together, then each by itself.
    expect(asked).toHaveLength(1 + 3);
    answer();
    await paying;
    expect(store.owed).toEqual([]);
  });

  it('owes all of a table beyond a thousand rows', async () => {
    fails.advance = failing('unreachable');
    for (let n = 0; n < 10; n++) {
      await outcome(store.advance([write('a', ...Array.from({ length: 100 }, (_, i) => `${n}:${i}`))]));
    }
    await outcome(store.advance([write('b', '1')]));
    fails = {};
    await store.recover();
    expect(advanced.flat().map(({ rows }) => (Array.isArray(rows) ? rows.length : rows))).toEqual([1_000, 1]);
    fails.advance = failing('unreachable');
    for (let n = 0; n < 11; n++) {
      await outcome(store.advance([write('a', ...Array.from({ length: 100 }, (_, i) => `${n}:${i}`))]));
    }
    fails = {};
    await store.recover();
    expect(advanced.at(-1)![0]!.rows).toBe('unknown');
  });

  it('keeps no more than ten thousand clocks, and tells of the next', async () => {
    fails.advance = failing('unreachable');
    for (let n = 0; n < 10_000; n++) await outcome(store.advance([write(`t${n}`)]));
    await outcome(store.advance([write('t10000')], 'h'));
    await outcome(store.advance([write('t1')]));
    expect(store.owed).toHaveLength(10_000);
    expect(events.filter(({ name }) => name === 'debt:lost')).toEqual([{ name: 'debt:lost', tables: ['t10000'] }]);
    fails = {};
    await store.recover();
    // Its hold is all that speaks for it.
    expect(asked).not.toContain('release');
  });

  it('is told at the end although a payment that began before has failed', async () => {
    fails.advance = failing('unreachable');
    await outcome(store.advance([write('a')]));
    let giveUp!: (error: StoreError) => void;
    fails.advance = () => new Promise<never>((_, reject) => (giveUp = reject));
    const before = store.recover();
    await endOfTurn();
    const settling = store.settle();
    fails = {};
    giveUp(new StoreError('is unreachable', 'unreachable'));
    await Promise.all([before, settling]);
    expect(advanced.flat().map(({ clock }) => clock)).toEqual(['a']);
    expect(events.map(({ name }) => name)).not.toContain('debt:lost');
  });

  it('keeps no more for payments that fail', async () => {
    fails.advance = failing('unreachable');
    for (let n = 0; n < 10_000; n++) await outcome(store.advance([write(`t${n}`)]));
    for (let n = 0; n < 3; n++) {
      fails.advance = async () => {
        // While what is owed is on its way; one of them is owed already.
        fails.advance = failing('unreachable');
        await outcome(store.advance([write('t1'), write(`more ${n}`)]));
        throw new StoreError('is gone', 'unreachable');
      };
      await store.recover();
    }
    expect(store.owed).toHaveLength(10_000);
    const lost = events.flatMap((event) => (event.name === 'debt:lost' ? event.tables : []));
    expect(lost).toEqual(['more 0', 'more 1', 'more 2']);
  });

  it('is told at the end, or what it is owed counts as lost', async () => {
    fails.advance = failing('unreachable');
    await outcome(store.advance([write('a')]));
    await store.settle();
    expect(events.at(-1)).toEqual({ name: 'debt:lost', tables: ['a'] });
    // A job nobody waited for.
    await outcome(store.advance([write('b')]));
    expect(events.at(-1)).toEqual({ name: 'debt:lost', tables: ['b'] });
    fails = {};
    await store.settle();
    expect(events.at(-1)).toMatchObject({ name: 'circuit:closed' });
    expect(advanced.flat().map(({ clock }) => clock)).toEqual(['a', 'b']);
  });

  it('is owed what is on its way, also when it is tried again meanwhile', async () => {
    fails.advance = failing('unreachable');
    await outcome(store.advance([write('a')]));
    let answer!: () => void;
    fails.advance = () => new Promise<void>((resolve) => (answer = resolve)) as Promise<never>;
    const recovering = [store.recover(), store.recover()];
    await endOfTurn();
    expect(await held('a')).toEqual([true]);
    answer();
    await Promise.all(recovering);
    expect(await held('a')).toEqual([false]);
    expect(advanced).toHaveLength(1);
  });

  it('is owed at the end what is still on its way', async () => {
    fails.advance = failing('unreachable');
    await outcome(store.advance([write('a')]));
    let answer!: (error: Error) => void;
    fails.advance = () => new Promise<never>((_, reject) => (answer = reject));
    const recovering = store.recover();
    await endOfTurn();
    const settling = store.settle();
    await endOfTurn();
    expect(await held('a')).toEqual([true]);
    expect(events.filter(({ name }) => name === 'debt:lost')).toEqual([]);
    fails.advance = failing('unreachable');
    answer(new StoreError('is gone', 'unreachable'));
    await Promise.all([recovering, settling]);
    expect(await held('a')).toEqual([true]);
    expect(events.at(-1)).toEqual({ name: 'debt:lost', tables: ['a'] });
  });

  it('is told at the end what was written while the last payment was on its way', async () => {
    fails.advance = failing('unreachable');
    await outcome(store.advance([write('a')]));
    let answer!: () => void;
    fails.advance = () => new Promise<void>((resolve) => (answer = resolve)) as Promise<never>;
    const recovering = store.recover();
    await endOfTurn();
    await outcome(store.advance([write('b')]));
    const settling = store.settle();
    await endOfTurn();
    fails = {};
    answer();
    await Promise.all([recovering, settling]);
    expect(advanced.map((writes) => writes.map(({ clock }) => clock))).toEqual([['a'], ['b']]);
    expect(names()).not.toContain('debt:lost');
  });

  it('is asked again for what it could not do, but for nothing that may just be too much', async () => {
    const keys: (readonly string[])[] = [];
    const inner = { name: 'inner', read: async (asked: readonly string[]) => (keys.push(asked), fails.read?.()) };
    const other = new GuardedStore(inner as never, new CacheEvents(), BUDGET);
    fails.read = failing('unable');
    await outcome(other.read(['one', 'two'], of('a')));
    await other.recover();
    const late = Promise.resolve().then(() => new StoreError('is late', 'late'));
    fails.read = undefined;
    await other.recover();
    fails.read = async () => {
      const until = performance.now() + BUDGET;
      while (performance.now() < until);
      throw await late;
    };
    await outcome(other.read(['big'], of('a')));
    await other.recover();
    expect(keys).toEqual([['one', 'two'], ['one'], ['one'], ['big'], []]);
  });

  it('is tried again by itself, one at a time', async () => {
    fails.read = failing('unreachable');
    await outcome(store.read([], of('a')));
    fails.read = silent;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toEqual(['read', 'read']);
  });

  it('comes back by itself', async () => {
    fails.advance = failing('unreachable');
    await outcome(store.advance([write('a')]));
    await vi.advanceTimersByTimeAsync(5_000);
    const tries = asked.length;
    expect(tries).toBeGreaterThan(5);
    // At least half a second between two once it has been gone for a while.
    expect(tries).toBeLessThan(18);
    fails = {};
    await vi.advanceTimersByTimeAsync(2_000);
    expect(store.isWhole).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBe(tries + 1);
  });

  describe('vouches for what the store vouches for', () => {
    const inHand = { mark: 'mark', epoch: 'e', dependencies: [{ clock: 'a', asOf: 1 }] };
    const vouches = () => store.vouchesFor('key', inHand);

    it('while it has heard of everything, and not what the store says no to', () => {
      expect(vouches()).toBe(true);
      expect(vouched).toEqual([['key', inHand]]);
      isVouching = false;
      expect(vouches()).toBe(false);
    });

    it('not while anything is owed to it, and again once that is paid', async () => {
      fails.advance = failing('refused');
      await outcome(store.advance([write('of another table')]));
      expect(vouches()).toBe(false);
      fails = {};
      await store.recover();
      expect(vouches()).toBe(true);
    });

    it('not while a debt is being paid', async () => {
      fails.advance = failing('refused');
      await outcome(store.advance([write('b')]));
      let answer!: () => void;
      fails.advance = () => new Promise<void>((resolve) => (answer = resolve)) as Promise<never>;
      const recovering = store.recover();
      await endOfTurn();
      expect(vouches()).toBe(false);
      answer();
      await recovering;
      expect(vouches()).toBe(true);
    });

    it('not by an answer that was asked for while anything was owed', async () => {
      const standing = async () => (await store.read([], of('a'))).standing;
      expect(await standing()).toEqual({ isStanding: true });
      fails.advance = failing('refused');
      await outcome(store.advance([write('of another table')]));
      expect(await standing()).toBeUndefined();
      fails = {};
      await store.recover();
      expect(await standing()).toEqual({ isStanding: true });
    });

    it('not while it is not asked', async () => {
      fails.read = failing('unreachable');
      await outcome(store.read([], of('a')));
      expect(vouches()).toBe(false);
      fails = {};
      await store.recover();
      expect(vouches()).toBe(true);
    });
  });
});
