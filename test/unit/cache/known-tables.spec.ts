import { createCache } from 'cache-manager';
import { expect, it } from 'vitest';
import { ReadThrough } from '../../../lib/cache/read-through.js';
import type { ReadRequest } from '../../../lib/cache/read-request.js';
import { noSeal } from '../../../lib/cache/seal.js';
import type { Dependency } from '../../../lib/cache/dependency.js';
import { type CacheEvent, CacheEvents } from '../../../lib/events/cache-events.js';
import { MemoryStore } from '../../../lib/store/memory.store.js';

const rows: Dependency = { clock: 'rows', rows: ['1'] };
const found: Dependency = { clock: 'found' };

/** A process that knows of these tables of one query, in a store it shares with others. */
function processOver(store: MemoryStore, dependencies: readonly Dependency[]) {
  const events: CacheEvent[] = [];
  const told = new CacheEvents();
  told.on((event) => events.push(event));
  const readThrough = new ReadThrough(store, told, 1_000, noSeal);
  const request: ReadRequest<number> = {
    key: 'key',
    kind: 'detail',
    fingerprint: 'query',
    rows: [rows],
    lifetimeMs: 60_000,
    decode: Number,
  };
  const clocks = dependencies.map(({ clock }) => clock);
  const load = async () => [{ own: 1, payload: '1', dependencies }];
  return async () => {
    events.splice(0);
    await readThrough.readMany({ clocks, requests: [request] }, { load });
    await readThrough.settled();
    return events.map((event) => ('reason' in event ? `${event.name} ${event.reason}` : event.name));
  };
}

it('an entry of a process that has found a table which this one does not know is one miss, for both from then on a hit', async () => {
  const store = new MemoryStore(createCache(), { budgetMs: 1_000 });
  const knowing = processOver(store, [rows, found]);
  const other = processOver(store, [rows]);
  expect(await knowing()).toEqual(['entry:missed absent', 'entry:filled']);
  expect(await other()).toEqual(['entry:missed foreign', 'entry:filled']);
  for (const read of [other, knowing, other]) expect(await read()).toEqual(['entry:hit']);
});
