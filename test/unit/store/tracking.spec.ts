import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StoreError } from '../../../lib/errors.js';
import type { Line, RedisCommand, RedisConnection } from '../../../lib/store/redis-connection.js';
import { RedisStore } from '../../../lib/store/redis.store.js';
import { Tracking } from '../../../lib/store/tracking.js';

const EPOCH = 'e'.repeat(40);
const clock = (name: string) => `qscache:{${name}}`;
const RECORD = '1700000000000001 1700000000000001';

/** A server that answers what a line asks, tells what it is told to, and may fall silent. */
class Server {
  epoch = EPOCH;
  isSilent = false;
  refuses: Error | undefined;
  dials = 0;
  readonly sent: string[] = [];
  /** What it answers the reading script with, and what happens before the answer is there. */
  reading: { readonly reply: readonly unknown[]; readonly meanwhile?: () => void } = { reply: [] };
  #hear: ((message: unknown) => void) | undefined;
  #lose: (() => void) | undefined;

  readonly connection: RedisConnection = {
    name: 'fake',
    isCluster: false,
    send: (commands) => this.#answer(commands),
    dial: async (onLost) => {
      this.dials++;
      let isTracking = false;
      const line: Line = {
        send: (commands) => this.#answer(commands),
        subscribe: async (channel, hear) => {
          expect(channel).toBe('__redis__:invalidate');
          isTracking = true;
          this.#hear = hear;
          this.#lose = onLost;
        },
        end: () => {
          if (isTracking) this.#hear = undefined;
        },
      };
      return line;
    },
  };

  get isHeard(): boolean {
    return this.#hear !== undefined;
  }

  tell(message: unknown): void {
    this.#hear?.(message);
  }

  lose(): void {
    this.#lose?.();
  }

  async #answer(commands: readonly RedisCommand[]): Promise<unknown[]> {
    const isReading = commands.some(({ name }) => name === 'evalsha');
    if (this.isSilent && !isReading) return new Promise(() => undefined);
    await Promise.resolve();
    return commands.map(({ name, args }) => {
      this.sent.push([name, ...args].join(' '));
      if (name === 'client' && args[0] === 'id') return 7;
      if (name === 'client') return this.refuses ?? 'OK';
      if (name === 'info') return `role:master\r\nmaster_replid:${this.epoch}\r\n`;
      if (name !== 'evalsha') return 'PONG';
      this.reading.meanwhile?.();
      return this.reading.reply;
    });
  }
}

const closes: (() => void)[] = [];
afterEach(() => {
  for (const close of closes.splice(0)) close();
  vi.restoreAllMocks();
});

const heard = (server: Server) => vi.waitUntil(() => server.isHeard, { timeout: 5_000, interval: 5 });

/** Time stands still: only what is told ends anything. */
const stopTime = () => vi.spyOn(performance, 'now').mockReturnValue(1e6);

async function tracking(server = new Server(), prefixes: readonly string[] = ['qscache:{', 'app:']) {
  const told: StoreError[] = [];
  const subject = new Tracking(server.connection, { prefixes, failed: (error) => told.push(error) });
  closes.push(() => subject.close());
  return { server, subject, told };
}

async function up(...given: Parameters<typeof tracking>) {
  stopTime();
  const all = await tracking(...given);
  all.subject.open();
  await heard(all.server);
  // The line is taken when its promise has resolved.
  await vi.waitUntil(() => all.subject.begin([]), { interval: 5 });
  return all;
}

describe('What changes in a server', () => {
  it('is heard by a connection that redirects to itself, of clocks and entries', async () => {
    const { server } = await up();
    expect(server.sent.slice(0, 3)).toEqual([
      'client id',
      'info replication',
      'client tracking on redirect 7 bcast prefix qscache:{ prefix app:',
    ]);
  });

  it.each([
    [['qscache:{', ''], 'bcast prefix '],
    [['qscache:{', 'qscache:'], 'bcast prefix qscache:'],
    [['qscache:{', 'q'], 'bcast prefix q'],
    [['qscache:{', 'qscache:{'], 'bcast prefix qscache:{'],
  ])('is asked for by no prefix that begins with another one: %j', async (prefixes, asked) => {
    const { server } = await up(new Server(), prefixes);
    expect(server.sent[2]!.replace('client tracking on redirect 7 ', '')).toBe(asked);
  });

  it('ends what was made of it', async () => {
    const { server, subject } = await up();
    const standing = subject.begin([clock('user'), 'app:user_1'])!;
    server.tell([Buffer.from('app:user_2'), Buffer.from(`${clock('user')}:1`)]);
    expect(standing.isStanding).toBe(true);
    server.tell([Buffer.from('app:other'), Buffer.from('app:user_1')]);
    expect(standing.isStanding).toBe(false);
  });

  it.each([
    ['a database that is flushed', null],
    ['what no server says', Buffer.from('published by somebody')],
  ])('ends everything: %s', async (_, message) => {
    const { server, subject } = await up();
    const standing = subject.begin([clock('user')])!;
    server.tell(message);
    expect(standing.isStanding).toBe(false);
  });

  it('is not heard of under other names, so that nothing made of those stands', async () => {
    const { subject } = await up();
    expect(subject.begin([clock('user'), 'another:user_1'])).toBeUndefined();
  });

  it('is not heard before the line is up, and not when it is closed', async () => {
    const { subject, server } = await tracking();
    expect(subject.begin([clock('user')])).toBeUndefined();
    subject.open();
    await vi.waitUntil(() => subject.begin([clock('user')]), { interval: 5 });
    const standing = subject.begin([clock('user')])!;
    subject.close();
    expect([standing.isStanding, subject.begin([clock('user')]), server.isHeard]).toEqual([false, undefined, false]);
  });

  it('is not heard over a line that was lost, until there is another one', async () => {
    const { server, subject } = await up();
    const standing = subject.begin([clock('user')])!;
    server.lose();
    expect([standing.isStanding, subject.begin([clock('user')])]).toEqual([false, undefined]);
    await vi.waitUntil(() => subject.begin([clock('user')]), { interval: 5 });
    expect(server.dials).toBe(2);
  });

  it('is not heard over a line that does not answer by the next beat', async () => {
    const { server, subject } = await up();
    const standing = subject.begin([clock('user')])!;
    server.isSilent = true;
    await vi.waitUntil(() => !standing.isStanding, { timeout: 5_000, interval: 5 });
    expect(subject.begin([clock('user')])).toBeUndefined();
  });

  it('of another server than the one that answers is nothing, and that one is looked for', async () => {
    const { server, subject } = await up();
    expect([subject.hears(EPOCH), subject.hears('another')]).toEqual([true, false]);
    expect(server.dials).toBe(1);
    server.epoch = 'another';
    vi.mocked(performance.now).mockReturnValue(1e6 + 1_001);
    expect(subject.hears('another')).toBe(false);
    await vi.waitUntil(() => subject.hears('another'), { interval: 5 });
    expect(server.dials).toBe(2);
  });

  it('that may not be told is told once, and what to do, and is tried again', async () => {
    const { server, subject, told } = await tracking();
    server.refuses = new Error("NOPERM this user has no permissions to run the 'client|tracking' command");
    subject.open();
    await vi.waitUntil(() => server.dials > 2, { timeout: 5_000, interval: 5 });
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ reason: 'unable' });
    expect(told[0]!.message).toMatch(
      /^redis \(fake\) cannot tell which keys change: NOPERM .*every read.*CLIENT TRACKING/s,
    );
    server.refuses = undefined;
    await vi.waitUntil(() => subject.begin([clock('user')]), { timeout: 5_000, interval: 5 });
    server.refuses = new Error('ERR no');
    server.lose();
    await vi.waitUntil(() => told.length === 2, { timeout: 5_000, interval: 5 });
  });

  it('cannot be heard of over a client that cannot be duplicated, which is told', async () => {
    const server = new Server();
    const { dial: _, ...itself } = server.connection;
    expect(Tracking.isPossible(itself)).toBe(false);
    expect(Tracking.isPossible({ ...server.connection, isCluster: true })).toBe(false);
    const told: StoreError[] = [];
    const dial = async () => ({
      send: (commands: readonly RedisCommand[]) => itself.send(commands),
      end: () => undefined,
    });
    const subject = new Tracking({ ...itself, dial }, { prefixes: [''], failed: (error) => told.push(error) });
    closes.push(() => subject.close());
    subject.open();
    await vi.waitUntil(() => told.length, { interval: 5 });
    expect(told[0]!.message).toMatch(/cannot be duplicated/);
  });
});

describe('A store that hears what changes', () => {
  const user = { clock: 'user', rows: ['1'] };
  const whole = [RECORD, '1700000000000001', 'text', EPOCH, ''];

  async function opened() {
    const server = new Server();
    server.reading = { reply: whole };
    const told: StoreError[] = [];
    const store = new RedisStore(server.connection, {
      budgetMs: 5_000,
      entryKey: (key) => `keyv:${key}`,
      tracking: { keys: 'app:', failed: (error) => told.push(error as StoreError) },
    });
    closes.push(() => void store.close());
    stopTime();
    await store.open();
    const read = () => store.read(['app:user_1'], [user]);
    await vi.waitUntil(async () => (await read()).standing, { interval: 5 });
    const vouches = (standing: Awaited<ReturnType<typeof read>>['standing']) =>
      store.vouchesFor('app:user_1', { mark: '', epoch: EPOCH, dependencies: [], standing });
    return { server, store, read, vouches };
  }

  it('vouches for an answer until a record or an entry of it has changed', async () => {
    const { server, read, vouches } = await opened();
    for (const key of [clock('user'), 'keyv:app:user_1']) {
      const { standing } = await read();
      expect(vouches(standing)).toBe(true);
      server.tell([Buffer.from(key)]);
      expect(vouches(standing)).toBe(false);
    }
    expect(vouches(undefined)).toBe(false);
  });

  it('vouches for no answer of which a change was told before it came', async () => {
    const { server, read, vouches } = await opened();
    server.reading = { reply: whole, meanwhile: () => server.tell([Buffer.from(clock('user'))]) };
    expect(vouches((await read()).standing)).toBe(false);
  });

  it.each([
    ['with a hold in sight, which begins to block without a change', [`${RECORD} h:w:1:2:0;`, '1', 'text', EPOCH, '0']],
    ['in which something was missing', [RECORD, '1', 'text', EPOCH, '0']],
    ['of another server than is heard', [RECORD, '1', 'text', 'f'.repeat(40), '']],
  ])('vouches for no answer %s', async (_, reply) => {
    const { server, read } = await opened();
    server.reading = { reply };
    expect(await read()).not.toHaveProperty('standing');
  });

  it.each<[string, (store: RedisStore) => Promise<void>]>([
    ['written', (store) => store.advance([user])],
    ['dropped', (store) => store.remove(['app:user_1'])],
  ])('vouches no more for what it has %s itself, before the server tells', async (_, change) => {
    const { store, read, vouches } = await opened();
    const { standing } = await read();
    expect(vouches(standing)).toBe(true);
    await change(store);
    expect(vouches(standing)).toBe(false);
  });
});
