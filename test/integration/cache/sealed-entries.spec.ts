import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { DataSourceOptions } from 'typeorm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { QsCacheOptions } from '../../../lib/index.js';
import { Company, Example, exampleEntities, User } from '../../fixtures/entities/example.entity.js';
import { ExampleCacheManager } from '../../fixtures/managers.js';
import { describeDatabases } from '../../support/databases.js';
import { keysWith, nameOf, rawRedis } from '../../support/raw-redis.js';
import { describeWith } from '../../support/services.js';
import { createTestApp, NOTHING_KEPT, type StoreKind } from '../../support/test-app.js';

const OLD = 'an old secret of more than thirty-two characters';
const NEW = 'a new secret of more than thirty-two characters';

const kinds: [string, QsCacheOptions][] = [
  ['signed', { secret: OLD }],
  ['encrypted', { secret: OLD, encrypt: true }],
];
const SHOWN = ['topsecret', 'topsecret', 'confidential'];

describeWith('redis', 'An entry in a store that others may write', (redisUrl) => {
  describeDatabases(
    'with a secret',
    (database) => {
      afterEach(() => void vi.restoreAllMocks());

      /** Applications on one database and one Redis, as of one name, which differ in their options. */
      async function setUp() {
        const options = { ...(await database.options()), entities: exampleEntities, synchronize: true };
        const namespace = `test-${randomUUID()}`;
        const open = async (sealing: QsCacheOptions, store: StoreKind = 'ioredis-yet') => {
          const app = await createTestApp({
            database: options as DataSourceOptions,
            managers: [ExampleCacheManager],
            store,
            redisUrl,
            options: { ...NOTHING_KEPT, namespace, ...sealing },
          });
          const { manager } = app.dataSource;
          if (!(await manager.exists(Example))) {
            const company = await manager.save(Company, { name: 'classified' });
            const user = await manager.save(User, { username: 'confidential', company });
            await manager.save(Example, { title: 'topsecret', user, users: [user] });
          }
          const examples = app.get(ExampleCacheManager);
          const read = async () => {
            const [first] = await examples.all();
            const one = await examples.get(1);
            await app.settled();
            return [first?.title, one.title, one.users[0]?.username];
          };
          const keys = [examples.getCacheKey(), examples.getDetailCacheKey(1)] as const;
          const unverified = () => app.events.filter(({ name }) => name === 'entry:unverified');
          /** Reads, and expects both entries to be somebody else's. */
          const expectForeign = async ({ isTold }: { isTold: boolean }) => {
            app.events.splice(0);
            expect(await read()).toEqual(SHOWN);
            for (const key of keys) {
              expect(app.events).toContainEqual({ name: 'entry:missed', key, reason: 'foreign' });
              if (isTold) expect(app.events).toContainEqual({ name: 'entry:unverified', key });
            }
            expect(unverified()).toHaveLength(isTold ? 2 : 0);
          };
          const expectHits = async () => {
            app.events.splice(0);
            expect(await app.statements.expect(0, read)).toEqual(SHOWN);
            expect(unverified()).toEqual([]);
          };
          return { ...app, examples, read, keys, unverified, expectForeign, expectHits };
        };
        return { redis: rawRedis(redisUrl), namespace, open };
      }

      async function change(redis: Redis, key: string, how: (text: string) => string): Promise<void> {
        const name = await nameOf(redis, key);
        await redis.set(name, how((await redis.get(name))!), 'PX', 60_000);
      }

      describe.each(kinds)('and %s', (kind, sealing) => {
        it.each<StoreKind>(['memory', 'ioredis-yet', 'keyv-redis'])('is a hit in %s', async (store) => {
          const app = await (await setUp()).open(sealing, store);
          await app.read();
          await app.expectHits();
        });

        it('is a hit in every process that has the secret', async () => {
          const { open } = await setUp();
          const [one, two] = [await open(sealing), await open(sealing)];
          await one.read();
          await two.expectHits();
          await one.dataSource.getRepository(Example).update(1, { title: 'new' });
          expect((await two.examples.get(1)).title).toBe('new');
        });

        it.each<[string, (text: string) => string]>([
          ['of somebody else', () => 'hello'],
          ['that is empty', () => ''],
          ['without its seal', (text) => text.slice(text.indexOf('["qs'))],
          ['with another seal', (text) => text.replace(/^(qs2.\.)..../, '$1AAAA')],
          ['that was cut', (text) => text.slice(0, -4)],
          ['that was cut to its seal', (text) => text.slice(0, 40)],
          ['with something added', (text) => `${text}AAAA`],
          [
            'with another epoch',
            (text) =>
              text.replace(/[0-9a-f]{40}|.(?=.{20}$)/s, (found) => (found === 'f' ? 'e' : 'f'.repeat(found.length))),
          ],
        ])('is a miss when there is one %s, and is replaced', async (_, how) => {
          const { open, redis } = await setUp();
          const app = await open(sealing);
          await app.read();
          for (const key of app.keys) await change(redis, key, how);
          await app.expectForeign({ isTold: true });
          await app.expectHits();
        });

        it('is a miss under a key it was not stored under', async () => {
          const { open, redis } = await setUp();
          const app = await open(sealing);
          await app.read();
          const [list, detail] = app.keys;
          const texts = [await redis.get(await nameOf(redis, detail)), await redis.get(await nameOf(redis, list))];
          for (const [i, key] of app.keys.entries()) await change(redis, key, () => texts[i]!);
          await app.expectForeign({ isTold: true });
        });

        it('that is not ours is in the way of no clear', async () => {
          const { open, redis } = await setUp();
          const app = await open(sealing);
          await app.read();
          await change(redis, app.keys[1], () => 'hello');
          await app.examples.clearCacheDetail(1);
          expect(app.unverified()).toEqual([{ name: 'entry:unverified', key: app.keys[1] }]);
          expect((await app.examples.get(1)).title).toBe('topsecret');
        });

        it('is a miss for who has no secret, and says nothing', async () => {
          const { open } = await setUp();
          const [app, without] = [await open(sealing), await open({})];
          await app.read();
          await without.expectForeign({ isTold: false });
        });

        it('is a miss for who has another secret', async () => {
          const { open } = await setUp();
          const [app, other] = [await open(sealing), await open({ ...sealing, secret: NEW })];
          await app.read();
          await other.expectForeign({ isTold: true });
        });

        it('is a miss once it is to be sealed otherwise, and the other way round', async () => {
          const { open } = await setUp();
          const [app, other] = [await open(sealing), await open({ ...sealing, encrypt: !sealing.encrypt })];
          await app.read();
          await other.expectForeign({ isTold: true });
          await app.expectForeign({ isTold: true });
        });

        it('is read by who has its secret and a newer one, who writes with the newer one', async () => {
          const { open } = await setUp();
          const [before, between, after] = [
            await open({ ...sealing, secret: [OLD] }),
            await open({ ...sealing, secret: [NEW, OLD] }),
            await open({ ...sealing, secret: NEW }),
          ];
          await before.read();
          await between.expectHits();
          await between.examples.clearCache();
          await between.read();
          await between.expectHits();
          await after.expectHits();
          await before.expectForeign({ isTold: true });
          await between.expectHits();
        });

        it('that is not ours is logged once, however many there are', async () => {
          const { open, redis } = await setUp();
          const app = await open(sealing);
          await app.read();
          const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
          for (const key of app.keys) await change(redis, key, () => 'hello');
          await app.expectForeign({ isTold: true });
          expect(warn.mock.calls).toEqual([[expect.stringContaining('was not sealed by this application')]]);
        });

        it(`shows ${kind === 'encrypted' ? 'nothing but its key' : 'everything'} to who can read the store`, async () => {
          const { open, redis, namespace } = await setUp();
          const app = await open(sealing);
          await app.read();
          await app.examples.all({ suffix: 'some', where: { title: 'topsecret' } });
          await app.settled();
          const names = (await keysWith(redis, namespace)).filter((name) => !name.startsWith('qscache:'));
          expect(names).toHaveLength(3);
          const texts = (await redis.mget(names)).map((text) => text!);
          const seen = texts.flatMap((text) => [
            text,
            ...text.split('.').map((part) => Buffer.from(part, 'base64').toString('latin1')),
          ]);
          const words = [
            'topsecret',
            'confidential',
            'public.example',
            'database:',
            'detail',
            'title',
            'username',
            '"qs',
          ];
          const found = words.filter((word) => seen.some((text) => text.toLowerCase().includes(word)));
          const readable = [
            'topsecret',
            'confidential',
            'public.example',
            'database:',
            'detail',
            'title',
            'username',
            '"qs',
          ];
          expect(found).toEqual(kind === 'encrypted' ? [] : readable);
        });
      });

      it.each<[string, QsCacheOptions, string]>([
        ['is served without a secret', {}, 'forged'],
        ['is a miss with one', { secret: OLD }, 'topsecret'],
      ])('with a value and the checksum changed %s', async (_, sealing, shown) => {
        const { open, redis } = await setUp();
        const app = await open(sealing);
        await app.read();
        await change(redis, app.keys[1], (text) =>
          text.replace(/,\d+\]\n(.*)$/s, (_match, payload: string) => {
            const forged = payload.replace('topsecret', 'forged');
            return `,${crc32(forged)}]\n${forged}`;
          }),
        );
        expect((await app.examples.get(1)).title).toBe(shown);
      });
    },
    ['postgres'],
  );
});
