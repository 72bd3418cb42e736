import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createCache } from 'cache-manager';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CacheStore } from '../../../lib/store/cache-store.js';
import { selectStore } from '../../../lib/store/select-store.js';
import { keyvClients, type KeyvClient } from '../../support/keyv-clients.js';
import { describeWithRedisServers, RedisServer } from '../../support/redis-server.js';

/** Where a busy machine must not be taken for a slow Redis. */
const PATIENT = 5_000;
const HOLD = 10_000;

/** Of a process of its own: looks for a hold in a record until there is one, or for a second. */
const READ_RECORD = `
  const [port, key] = process.argv.slice(1);
  const socket = require('node:net').connect(Number(port), '127.0.0.1');
  const ask = () => socket.write('GET ' + key + '\\r\\n');
  let left = 50;
  socket.on('connect', ask).on('data', (text) => {
    if (!String(text).includes(' h:') && left-- > 0) return setTimeout(ask, 20);
    process.stdout.write(text, () => process.exit());
  });`;

/** Of a process of its own: ends every other connection to the server. */
const END_CONNECTIONS = `
  const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1');
  socket.on('connect', () => socket.write('CLIENT KILL TYPE normal SKIPME yes\\r\\n')).on('data', () => process.exit());`;

describeWithRedisServers('A hold that says it is on its way has left the process', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  async function open(make: (port: number) => KeyvClient): Promise<CacheStore> {
    const { keyv, end } = make(server.port);
    const { store } = selectStore({ cache: createCache({ stores: [keyv] }), budgetMs: PATIENT });
    onTestFinished(async () => {
      await store.close();
      await end();
    });
    await store.open();
    // The greeting of the new line has been answered.
    await store.release(['app.public.none'], 'none');
    await nextTurn();
    return store;
  }

  /** Nobody else holds it, nor has a test that failed. */
  const ownClock = () => `app.public.${randomUUID()}`;

  /** What stands in a record while nothing more leaves this process: it waits for another one. */
  const recordOf = (clock: string) =>
    execFileSync(process.execPath, ['-e', READ_RECORD, String(server.port), `qscache:{${clock}}`], {
      encoding: 'utf8',
    });

  describe.each(Object.entries(keyvClients))('over %s', (name, make) => {
    const tells = name === 'ioredis';

    it('by itself, where the client tells what it has written', async () => {
      const clock = ownClock();
      const store = await open(make);
      let record: string | undefined;
      await store.hold([clock], 'one', HOLD, false, () => (record = recordOf(clock)));
      if (tells) expect(record).toContain(' h:one:');
      else expect(record).toBeUndefined();
      await store.release([clock], 'one');
    });

    it('among many of one turn', async () => {
      const store = await open(make);
      const clocks = Array.from({ length: 200 }, ownClock);
      let record: string | undefined;
      await Promise.all(
        clocks.map((clock, i) =>
          store.hold([clock], `h${i}`, HOLD, false, () => {
            // The first one to say so of those that were asked for late.
            if (i >= 150) record ??= recordOf(clock);
          }),
        ),
      );
      // Nobody has to say so; whoever does must be right.
      if (record !== undefined) expect(record).toMatch(/ h:h\d+:/);
      await Promise.all(clocks.map((clock, i) => store.release([clock], `h${i}`)));
    });

    it('in the same turn as advances of many rows', async () => {
      const clock = ownClock();
      const store = await open(make);
      const rows = Array.from({ length: 100 }, (_each, i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`);
      const advances = Array.from({ length: 3 }, () => store.advance([{ clock: 'app.public.item', rows, key: 'id' }]));
      let record: string | undefined;
      await store.hold([clock], 'one', HOLD, false, () => (record = recordOf(clock)));
      if (record !== undefined) expect(record).toContain(' h:one:');
      await Promise.all(advances);
      await store.release([clock], 'one');
    });

    it('or is not said to be, while there is no room in its socket', async () => {
      const clock = ownClock();
      const store = await open(make);
      server.freeze();
      onTestFinished(() => server.thaw());
      const rows = Array.from({ length: 2_000 }, (_each, i) => String(i).padStart(1_000, '0'));
      const advances = Array.from({ length: 8 }, () => store.advance([{ clock: 'app.public.item', rows }]));
      const gone = vi.fn<() => void>();
      const holding = store.hold([clock], 'stuck', HOLD, false, gone);
      await nextTurn();
      expect(gone).not.toHaveBeenCalled();
      server.thaw();
      await Promise.all([...advances, holding]);
      await store.release([clock], 'stuck');
    });

    it('one of many tables', async () => {
      const store = await open(make);
      const clocks = Array.from({ length: 150 }, ownClock);
      let record: string | undefined;
      await store.hold(clocks, 'wide', HOLD, false, () => (record = recordOf(clocks.at(-1)!)));
      if (record !== undefined) expect(record).toContain(' h:wide:');
      await store.release(clocks, 'wide');
    });

    // What it was sent is refused, and sent again with the script's text: by a process that is still there.
    it('and is one the server understands, although it has forgotten the scripts', async () => {
      const clock = ownClock();
      const store = await open(make);
      await server.admin.script('FLUSH');
      let record: string | undefined;
      await store.hold([clock], 'unknown', HOLD, false, () => (record = recordOf(clock)));
      if (record !== undefined) expect(record).toContain(' h:unknown:');
      await store.release([clock], 'unknown');
    });

    // The client finds that out a piece at a time, and for some turns refuses commands without having said that the line is lost.
    it('or is not said to be, when the server has ended the connection', async () => {
      const falselyTold: number[] = [];
      for (let turns = 0; turns < 8; turns++) {
        const clock = ownClock();
        const store = await open(make);
        execFileSync(process.execPath, ['-e', END_CONNECTIONS, String(server.port)]);
        for (let i = 0; i < turns; i++) await nextTurn();
        const id = `after-${turns}`;
        const write = vi.spyOn(Socket.prototype, 'write');
        const isWritten = () => write.mock.calls.some(([text]) => String(text).includes(id));
        await store.hold([clock], id, HOLD, false, () => {
          if (!isWritten()) falselyTold.push(turns);
        });
        write.mockRestore();
        await store.release([clock], id);
      }
      expect(falselyTold).toEqual([]);
    });
  });
});
