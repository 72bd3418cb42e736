import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { Column, type DataSourceOptions, Entity, PrimaryColumn } from 'typeorm';
import { expect, it, onTestFinished, vi } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';
import { YOUNG_MS } from '../../../lib/store/young-clocks.js';
import { describeDatabases } from '../../support/databases.js';
import { RedisServer } from '../../support/redis-server.js';
import { createTestApp, type TestApp } from '../../support/test-app.js';

vi.unmock('../../../lib/store/young-clocks.js');

@Entity('card')
class Card {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar', length: 20, unique: true })
  slug!: string;

  @Column({ type: 'int' })
  shelf!: number;

  @Column({ type: 'int', default: 0 })
  note!: number;
}

@Injectable()
class Cards extends BaseCacheManager<Card> {
  model = Card;
}

/** Stops an application between its holds and its writes, and between its commits and its advances. */
function gated({ get }: TestApp) {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const gate = { held: async (): Promise<void> => undefined, open: () => open() };
  const { store } = get(QsCacheCore);
  const { hold, advance } = store;
  store.hold = async (...asked) => {
    await hold.apply(store, asked);
    await gate.held();
  };
  store.advance = async (...asked) => {
    await opened;
    await advance.apply(store, asked);
  };
  return gate;
}

type Loss = 'nothing' | 'the record' | 'everything' | 'its memory';

describeDatabases(
  'a clock that is lost with the hold of a write under way',
  (database) => {
    async function setUp(loss: Loss) {
      const server = await RedisServer.start();
      onTestFinished(() => server.stop());
      const admin = new Redis(server.url);
      onTestFinished(() => admin.disconnect());
      const options = await database.options();
      const namespace = `lost-${randomUUID()}`;
      const app = (synchronize: boolean) =>
        createTestApp({
          database: { ...options, entities: [Card], synchronize } as DataSourceOptions,
          managers: [Cards],
          store: 'ioredis-yet',
          redisUrl: server.url,
          options: { namespace, budgetMs: 2_000 },
        });
      const writer = await app(true);
      const other = await app(false);
      await writer.dataSource.manager.insert(Card, [
        { id: 1, slug: 'a', shelf: 1 },
        { id: 2, slug: 'b', shelf: 2 },
      ]);
      const records = async () => (await admin.keys('qscache:{*}')).filter((key) => key.includes('card'));
      const lose = async () => {
        const [record, ...more] = await records();
        expect(more).toEqual([]);
        expect(await admin.get(record!)).toMatch(/;$/);
        if (loss === 'the record') await admin.del(record!);
        if (loss === 'everything') await admin.flushall();
        if (loss === 'its memory') {
          await server.kill();
          await server.revive();
        }
      };
      /** Reads until that is stored: after a restart the first reads are answered by the database alone. */
      const store = async (read: () => PromiseLike<unknown>) => {
        const { length } = other.events;
        const isStored = () => other.events.slice(length).some(({ name }) => name === 'entry:filled');
        await vi.waitFor(
          async () => {
            await read();
            await other.settled();
            expect(isStored()).toBe(true);
          },
          { timeout: 10_000 },
        );
      };
      const gate = gated(writer);
      return { writer: writer.dataSource.manager, reader: other, gate, lose, store, records, admin };
    }

    it.each<Loss>(['nothing', 'the record', 'everything', 'its memory'])(
      'with %s: a list shows the row that an acknowledged write has found in it',
      async (loss) => {
        const { writer, reader, gate, lose, store } = await setUp(loss);
        const { manager } = reader.dataSource;
        const list = () => reader.get(Cards).all({ suffix: 'one', where: { shelf: 1 } });
        gate.held = async () => {
          await lose();
          await store(list);
        };
        const move = writer.update(Card, 2, { shelf: 1 });
        // It can be seen by then, and is not acknowledged.
        await expect.poll(() => manager.countBy(Card, { shelf: 1 })).toBe(2);
        await manager.update(Card, { id: 2, shelf: 1 }, { note: 9 });
        const shown = await list();
        gate.open();
        await move;
        expect(shown.map(({ id, note }) => [id, note])).toContainEqual([2, 9]);
      },
    );

    it.each<Loss>(['nothing', 'the record', 'everything', 'its memory'])(
      'with %s: a key that moves is that of the row an acknowledged write gave it to',
      async (loss) => {
        const { writer, reader, gate, lose, store } = await setUp(loss);
        const { manager } = reader.dataSource;
        const get = () => reader.get(Cards).get('a', { where: { slug: 'a' }, raiseException: false });
        gate.held = async () => {
          await lose();
          await store(get);
        };
        const move = writer.update(Card, 1, { slug: 'c' });
        await expect.poll(() => manager.countBy(Card, { slug: 'c' })).toBe(1);
        await manager.update(Card, 2, { slug: 'a' });
        const shown = await get();
        gate.open();
        await move;
        expect(shown?.id).toBe(2);
      },
    );

    it('counts as held for a while, and is judged by its changes afterwards', async () => {
      const { reader, store, records, admin } = await setUp('nothing');
      const { manager } = reader.dataSource;
      const list = () => reader.get(Cards).all({ suffix: 'one', where: { shelf: 1 } });
      await store(list);
      const [record] = await records();
      expect(await admin.get(record!)).toMatch(/ h:young:\d+:\d+:1;$/);
      await manager.update(Card, 2, { note: 1 });
      await reader.statements.expect(1, list);
      await reader.settled();
      await expect
        .poll(
          async () => {
            await list();
            return admin.get(record!);
          },
          { timeout: 3 * YOUNG_MS },
        )
        .not.toMatch(/;$/);
      await manager.update(Card, 2, { note: 2 });
      await reader.statements.expect(0, list);
    });
  },
  ['postgres', 'mariadb'],
);
