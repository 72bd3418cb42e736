import { Injectable } from '@nestjs/common';
import { EntitySchema } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BaseCacheManager, type QsCacheOptions } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { describeWithRedisServers, RedisServer } from '../../support/redis-server.js';
import { createTestApp, type StoreKind } from '../../support/test-app.js';

class Note {
  id: number;
  text: string;
}

@Injectable()
class NoteCacheManager extends BaseCacheManager<Note> {
  model = Note;
}

/** As one of a class with a key: its methods read the same whatever the key. */
const signing = (name: string) => ({
  to: (text: string) => text,
  from: (text: string) => `${text}, read by ${name}`,
});

const notes = (name: string) =>
  new EntitySchema({
    name: 'Note',
    target: Note,
    columns: { id: { type: 'int', primary: true }, text: { type: 'varchar', transformer: signing(name) } },
  });

const kept: Record<string, QsCacheOptions> = {
  'nothing kept': { nearCache: { maxBytes: 0 } },
  'a near cache': {},
  tracking: { nearCache: { tracking: true } },
};

describeWithRedisServers('A DataSource that comes back with another transformer', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  describeDatabases(
    'on',
    (database) => {
      describe.each<StoreKind>(['memory', 'ioredis-yet'])('over %s', (store) => {
        it.each(Object.entries(kept))('reads with it what was stored before, with %s', async (_, options) => {
          const given = await database.options();
          const app = await createTestApp({
            database: { ...given, entities: [notes('one')], synchronize: true },
            managers: [NoteCacheManager],
            store,
            redisUrl: server.url,
            options,
          });
          const { dataSource, get } = app;
          // Of what is read from now on no start finds another schema.
          await dataSource.destroy();
          dataSource.setOptions({ synchronize: false });
          await dataSource.initialize();
          await dataSource.manager.insert(Note, { id: 1, text: 'text' });
          for (let i = 0; i < 3; i++) {
            expect(await get(NoteCacheManager).get(1)).toMatchObject({ text: 'text, read by one' });
            await app.settled();
          }
          await dataSource.destroy();
          dataSource.setOptions({ entities: [notes('another')] });
          await dataSource.initialize();
          const found = await dataSource.manager.findOneByOrFail(Note, { id: 1 });
          expect(found.text).toBe('text, read by another');
          expect(await get(NoteCacheManager).get(1)).toEqual(found);
        });
      });
    },
    ['postgres', 'mariadb'],
  );
});
