import { createCache } from 'cache-manager';
import { expect, it } from 'vitest';
import type { Loaded, ReadRequest } from '../../../lib/cache/read-request.js';
import { ReadThrough } from '../../../lib/cache/read-through.js';
import { noSeal } from '../../../lib/cache/seal.js';
import { CacheEvents } from '../../../lib/events/cache-events.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';

const request: ReadRequest<string> = {
  key: 'key',
  kind: 'detail',
  fingerprint: 'query',
  rows: [{ clock: 'rows', rows: ['1'] }],
  lifetimeMs: 60_000,
  decode: (payload) => `decoded ${payload}`,
};

function setUp(what: Omit<Loaded<string>, 'own'> = { dependencies: request.rows }) {
  const store = new MemoryStore(createCache(), { budgetMs: 1_000 });
  const events = new CacheEvents();
  const heard: string[] = [];
  events.on((event) => heard.push('reason' in event ? `${event.name} ${event.reason}` : event.name));
  const readThrough = new ReadThrough(store, events, 1_000, noSeal);
  const read = async (payload: string | Promise<string>, begun?: () => void) => {
    const load = async () => {
      begun?.();
      return [{ own: 'loaded', payload: await payload, ...what }];
    };
    const [found] = await readThrough.readMany({ clocks: ['rows'], requests: [request] }, { load });
    return found;
  };
  /** A load that has begun and takes until it is told what it brings. */
  const late = async () => {
    let arrive!: (payload: string) => void;
    const payload = new Promise<string>((resolve) => (arrive = resolve));
    let found!: Promise<string | undefined>;
    await new Promise<void>((begun) => {
      found = read(payload, begun);
    });
    return { found, arrive };
  };
  return { store, readThrough, heard, read, late };
}

it('a miss is answered with what a hit is answered with: a copy of the payload', async () => {
  const { readThrough, read } = setUp();
  expect(await Promise.all([read('payload'), read('payload')])).toEqual(['decoded payload', 'decoded payload']);
  await readThrough.settled();
  expect(await read('loaded again')).toBe('decoded payload');
});

it('what a write has overtaken is not stored over what was loaded since', async () => {
  const { store, readThrough, heard, read, late } = setUp();
  const { found, arrive } = await late();
  await store.advance([{ clock: 'rows', rows: ['1'] }]);
  expect(await read('new')).toBe('decoded new');
  await readThrough.settled();
  arrive('old');
  expect(await found).toBe('decoded old');
  await readThrough.settled();

  expect(await read('loaded again')).toBe('decoded new');
  expect(heard.slice(-2)).toEqual(['entry:skipped overtaken', 'entry:hit']);
});

it('a load that reads more than its as-of covers is shared with nobody who came after it had begun', async () => {
  const { read, late } = setUp({ skipped: { reason: 'uncovered' } });
  const { found, arrive } = await late();
  // After a write to the table nobody knew of: the as-of is the same.
  const later = read('new');
  await new Promise((resolve) => setImmediate(resolve));
  arrive('old');
  expect([await found, await later]).toEqual(['decoded old', 'decoded new']);
});
