import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import { type DynamicModule, type ExecutionContext, Injectable, Logger } from '@nestjs/common';
import KeyvRedis from '@keyv/redis';
import { type Cache, KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { inspect } from 'node:util';
import { Column, Entity, PrimaryGeneratedColumn, Raw } from 'typeorm';
import { expect, it, onTestFinished, vi } from 'vitest';
import { BaseCacheManager, type CacheEvent, CacheEvents, StoreError } from '../../../lib/index.js';
import { ClearCache } from '../../../lib/decorators/clear-cache.js';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';
import type { CacheStore } from '../../../lib/store/cache-store.js';
import { GuardedStore } from '../../../lib/store/guarded-store.js';
import { describeDatabases } from '../../support/databases.js';
import { timeOfDay } from '../../support/time-of-day.js';
import { createTestApp, type StoreKind, type TestApp } from '../../support/test-app.js';
import { describeWithRedisServers, RedisServer } from '../../support/redis-server.js';

/** In every planted value, and in nothing else. */
const SECRET = 'hunter2';
const SECRET_NUMBER = 48151623;
const PASSWORD = `${SECRET}-of-redis`;

/** What the application's own code does with a value while this is set: it fails, and quotes it. */
let isBroken = false;

const quoting = {
  to: ({ text }: Password) => text,
  from(text: string): Password {
    if (isBroken) throw Object.assign(new RangeError(`cannot decrypt ${text}`), { text });
    return new Password(text);
  },
};

class Password {
  constructor(readonly text: string) {}
}

@Entity('secret_account')
class Account {
  @PrimaryGeneratedColumn()
  id: number;

  @Column('text', { transformer: quoting })
  password: Password;
}

@Injectable()
class AccountCacheManager extends BaseCacheManager<Account> {
  model = Account;
  staleWhileRevalidate = 3_600;
}

class Handlers {
  handle(): void {}
}

const context = {
  getClass: () => Handlers,
  getHandler: () => Handlers.prototype.handle,
} as unknown as ExecutionContext;

interface Lab {
  readonly app: TestApp;
  readonly accounts: AccountCacheManager;
  /** Makes the store refuse entries, in the words of its own. */
  refuse(entries: boolean): Promise<unknown>;
  /** Makes the store refuse everything, for its password is another one by now. */
  lockOut(): Promise<unknown>;
}

/** How each event comes about with a secret at hand. An event that is missing here does not compile. */
const drives: Record<CacheEvent['name'], (lab: Lab) => Promise<unknown>> = {
  'entry:missed': ({ accounts }) => accounts.get(1),
  'entry:filled': async ({ accounts, app }) => {
    await accounts.all();
    await app.settled();
  },
  'entry:hit': async ({ accounts, app }) => {
    await accounts.get(1);
    await app.settled();
    await accounts.get(1);
  },
  'load:failed': async ({ accounts, app }) => {
    await accounts.get(1);
    await app.settled();
    timeOfDay().pass(120_000);
    vi.spyOn(app.dataSource, 'createQueryRunner').mockImplementationOnce(() => {
      throw Object.assign(new Error(`no way to ${SECRET}`), { cause: SECRET });
    });
    await accounts.get(1);
    await app.settled();
  },
  'load:joined': ({ accounts }) => Promise.all([accounts.get(2), accounts.get(2)]),
  'load:awaited': async ({ accounts, app }) => {
    await accounts.get(1);
    await app.settled();
    const key = accounts.getDetailCacheKey(1);
    const store = app.get(QsCacheCore).store as CacheStore;
    const { entries } = await store.read([key], []);
    await store.remove([key]);
    vi.spyOn(store, 'lease').mockImplementationOnce(async () => {
      await store.put(key, entries[0]!, 60_000);
      return ['taken'];
    });
    await accounts.get(1);
  },
  'entry:skipped': async ({ accounts, app }) => {
    await accounts.all({ suffix: 'now', where: { password: Raw((at) => `${at} <> '${SECRET}' OR now() IS NULL`) } });
    await app.settled();
  },
  'entry:mismatched': async ({ accounts, app }) => {
    await accounts.get(1);
    await app.settled();
    await accounts.all({ suffix: '1' });
  },
  'entry:corrupt': async ({ accounts, app }) => {
    await accounts.clearCache();
    await accounts.get(1);
    await app.settled();
    isBroken = true;
    try {
      await expect(accounts.get(1)).rejects.toThrow(SECRET);
    } finally {
      isBroken = false;
    }
  },
  'entry:unverified': async ({ accounts, app }) => {
    await app.get<Cache>(CACHE_MANAGER as never).set(accounts.getDetailCacheKey(1), `${SECRET} of somebody else`);
    await accounts.get(1);
    await app.settled();
  },
  'tag:advanced': ({ app }) => app.dataSource.manager.update(Account, 1, { password: new Password(`${SECRET} anew`) }),
  'clear:failed': async ({ app }) => {
    const failing = () => {
      throw Object.assign(new TypeError(`no key in ${SECRET}`, { cause: new Error(SECRET) }), { result: SECRET });
    };
    await app.get(ClearCache).targets(context, [failing], ['result']);
  },
  'write:unplaced': async ({ app }) => {
    const text = `CALL set_password(${SECRET_NUMBER}, '${SECRET}', $a$it's ${SECRET}$a$) /* ${SECRET} */ -- ${SECRET}\n\r`;
    await expect(app.dataSource.query(text)).rejects.toThrow(/set_password/);
  },
  'write:ambiguous': async ({ app }) => {
    const killed = app.dataSource.query(
      `UPDATE secret_account SET password = '${SECRET}' WHERE pg_terminate_backend(pg_backend_pid())`,
    );
    await expect(killed).rejects.toThrow();
    await vi.waitFor(() => app.dataSource.query('SELECT 1'));
  },
  'store:failed': async ({ accounts, app, refuse, lockOut }) => {
    await refuse(true);
    await accounts.clearCache();
    await accounts.get(1);
    await app.settled();
    await refuse(false);
    await lockOut();
    await accounts.get(1);
    await app.dataSource.manager.update(Account, 1, { password: new Password(`${SECRET} again`) });
  },
  'circuit:opened': lose,
  'circuit:closed': lose,
  'debt:made': lose,
  'debt:paid': lose,
  'debt:lost': lose,
};

/** A store that is gone, comes back, and is gone for good, in words that quote what it was told. */
async function lose({ app }: Lab): Promise<void> {
  let isGone = true;
  const lost = new Error(SECRET, { cause: Object.assign(new Error(SECRET), { command: SECRET }) });
  const told = async () => {
    if (isGone) throw new StoreError('gone', 'unreachable', { cause: lost });
  };
  const store = new GuardedStore({ name: 'gone', advance: told } as never, app.get(CacheEvents), 100);
  const write = () => store.advance([{ clock: 'a.b.c', rows: ['1'] }]).catch(() => undefined);
  await write();
  isGone = false;
  await store.recover();
  isGone = true;
  await write();
  await store.settle();
}

/** All that anybody can see of a value without digging for private parts. */
function everything(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value !== 'object' || value === null) return [String(value)];
  if (seen.has(value)) return [];
  seen.add(value);
  const shown = [JSON.stringify(value), value instanceof Error ? String(value) : ''];
  shown.push(inspect(value, { depth: Infinity, showHidden: true, getters: true, maxStringLength: Infinity }));
  for (const key of Reflect.ownKeys(value)) {
    shown.push(String(key), ...everything((value as Record<PropertyKey, unknown>)[key], seen));
  }
  return shown;
}

describeWithRedisServers('No event and no line of the log', () => {
  describeDatabases(
    'over a database',
    (database) => {
      it.each<StoreKind>(['ioredis-yet', 'keyv-redis', 'memory'])('says a value (%s)', async (store) => {
        const lines: string[] = [];
        for (const level of ['log', 'warn', 'error', 'debug', 'verbose', 'fatal'] as const) {
          vi.spyOn(Logger.prototype, level).mockImplementation((...said: unknown[]) => void lines.push(inspect(said)));
        }
        onTestFinished(() => void vi.restoreAllMocks());
        const server = await RedisServer.start();
        onTestFinished(() => server.stop());
        await server.admin.acl('SETUSER', 'app', 'on', `>${PASSWORD}`, '~*', '&*', '+@all');
        const app = await createTestApp({
          database: { ...(await database.options()), entities: [Account], synchronize: true } as never,
          managers: [AccountCacheManager],
          cacheModule: cacheModuleOf(store, `redis://app:${PASSWORD}@127.0.0.1:${server.port}`),
          options: { budgetMs: 400, secret: `${SECRET} of thirty-two characters` },
        });
        for (const n of [1, 2])
          await app.dataSource.manager.insert(Account, { password: new Password(`${SECRET} ${n}`) });
        const lab: Lab = { app, accounts: app.get(AccountCacheManager), ...troubles(store, server, app) };

        for (const [name, drive] of Object.entries(drives)) {
          app.events.splice(0);
          await drive(lab);
          await app.settled();
          const shown = app.events.flatMap((event) => everything(event));
          expect(app.events.map((event) => event.name)).toContain(name);
          expect.soft(told(shown), name).toEqual([]);
        }
        expect(lines.length).toBeGreaterThan(5);
        expect(told(lines)).toEqual([]);
      });

      it('says what a database answers that cannot be asked at the start', async () => {
        const warned = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
        onTestFinished(() => void vi.restoreAllMocks());
        const driver = await import('typeorm/driver/postgres/PostgresQueryRunner.js');
        const { query } = driver.PostgresQueryRunner.prototype;
        vi.spyOn(driver.PostgresQueryRunner.prototype, 'query').mockImplementation(function (this: never, ...args) {
          if (!/current_database\(\) AS name|pg_class/.test(args[0])) return query.apply(this, args) as never;
          throw Object.assign(new Error(`no password: ${SECRET}`), { code: '28P01' });
        });
        await createTestApp({
          database: { ...(await database.options()), entities: [Account] } as never,
          managers: [AccountCacheManager],
          store: 'ioredis-yet',
        });
        const lines = warned.mock.calls.map(([line]) => String(line));
        expect(told(lines)).toEqual([]);
        expect(lines.filter((line) => /could not be asked.*Error 28P01 at /.test(line))).toHaveLength(3);
      });
    },
    ['postgres'],
  );
});

/** Where a secret stands, with what is around it. */
const told = (texts: readonly string[]): string[] =>
  texts.flatMap((text) => text.match(new RegExp(`.{0,60}(?:${SECRET}|${SECRET_NUMBER}).{0,20}`, 'g')) ?? []);

function troubles(store: StoreKind, server: RedisServer, app: TestApp): Pick<Lab, 'refuse' | 'lockOut'> {
  if (store !== 'memory') {
    return {
      refuse: (entries) => server.admin.acl('SETUSER', 'app', entries ? '-set' : '+set'),
      lockOut: async () => {
        await server.admin.acl('SETUSER', 'app', 'resetpass', '>another');
        await server.admin.client('KILL', 'USER', 'app');
      },
    };
  }
  const cache = app.get<Cache>(CACHE_MANAGER as never);
  const quotes = (...values: unknown[]) => Promise.reject(Object.assign(new Error(values.join()), { values }));
  return {
    refuse: async (entries) =>
      entries ? vi.spyOn(cache, 'set').mockImplementation(quotes) : vi.mocked(cache.set).mockRestore(),
    lockOut: async () => vi.spyOn(cache, 'get').mockImplementation(() => quotes(PASSWORD)),
  };
}

function cacheModuleOf(store: StoreKind, url: string): DynamicModule {
  if (store === 'memory') return CacheModule.register();
  return CacheModule.registerAsync({
    useFactory: () => {
      if (store === 'keyv-redis')
        return { stores: [new Keyv({ store: new KeyvRedis(url) }).on('error', () => undefined)] };
      const client = new Redis(url);
      client.on('error', () => undefined);
      onTestFinished(() => client.disconnect());
      return { stores: [new Keyv({ store: new KeyvAdapter(redisInsStore(client) as never) })] };
    },
  });
}
