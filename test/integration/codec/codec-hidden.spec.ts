import { expect, it } from 'vitest';
import {
  Agent,
  AgentCacheManager,
  Mission,
  MissionCacheManager,
  PartnersMissionCacheManager,
  PrefetchingMissionCacheManager,
  ranks,
  Salted,
  SaltedCacheManager,
} from '../../fixtures/codec/hidden.entities.js';
import { describeDatabases } from '../../support/databases.js';
import { expectSame } from '../../support/expect-same.js';
import { createTestApp } from '../../support/test-app.js';

describeDatabases('what an entity keeps out of sight', (database) => {
  async function agents() {
    const app = await createTestApp({
      database: {
        ...(await database.options()),
        entities: [Agent, Mission, Salted],
        synchronize: true,
      } as never,
      managers: [
        AgentCacheManager,
        MissionCacheManager,
        PartnersMissionCacheManager,
        PrefetchingMissionCacheManager,
        SaltedCacheManager,
      ],
    });
    // In SQL, which no setter or transformer has a hand in.
    for (const [place, level] of Object.keys(ranks).entries()) {
      await app.dataSource.query(
        `INSERT INTO agent (alias, level, pin, partner_id) VALUES ('Alias ${place}', '${level}', '${place}${place}', ${place || null})`,
      );
      await app.dataSource.query(
        `INSERT INTO mission (name, agent_id) VALUES ('first', ${place + 1}), ('second', ${place + 1})`,
      );
    }
    await app.dataSource.query(`INSERT INTO salted (name) VALUES ('Ann')`);
    return app;
  }

  const secrets = Object.values(ranks).map((rank, place) => [`Alias ${place}`, rank, `${place}${place}`]);

  it('is that of the row, on a miss as on a hit', async () => {
    const { get, dataSource, statements, events } = await agents();
    const manager = get(AgentCacheManager);
    const found = await dataSource.getRepository(Agent).find({ order: { id: 'ASC' } });
    expect(found.map((agent) => agent.reveal())).toEqual(secrets);
    for (const queries of [1, 0]) {
      const agent = await statements.expect(queries, () => manager.get(2));
      expectSame(agent, found[1]);
      expect(agent.reveal()).toEqual(secrets[1]);
      expect(agent.level).toBe(ranks.clerk);
      const all = await statements.expect(queries, async () => manager.all());
      expectSame(
        all.toSorted((a, b) => a.id - b.id),
        found,
      );
      expect(new Set(all.map(({ level }) => level))).toEqual(new Set(Object.values(ranks)));
    }
    expect(events.filter(({ name }) => name === 'entry:skipped')).toEqual([]);
  });

  it.each([
    [MissionCacheManager, 1],
    [PrefetchingMissionCacheManager, 2],
  ] as const)('is that of related rows, each with an instance of its own (%o)', async (type, cost) => {
    const { get, statements, events } = await agents();
    const manager = get<MissionCacheManager | PrefetchingMissionCacheManager>(type);
    for (const queries of [cost, 0]) {
      const missions = await statements.expect(queries, async () => manager.all());
      const found = missions.toSorted((a, b) => a.id - b.id).map(({ agent }) => agent!);
      expect(found.map((agent) => agent.reveal())).toEqual(secrets.flatMap((secret) => [secret, secret]));
      expect(new Set(found).size).toBe(6);
      expect(found[0]!.level).toBe(found[1]!.level);
    }
    expect(events.filter(({ name }) => name === 'entry:skipped')).toEqual([]);
  });

  it('is that of a related row that was copied for each of its owners', async () => {
    const { get, statements, events } = await agents();
    const manager = get(PartnersMissionCacheManager);
    for (const queries of [2, 0]) {
      const missions = await statements.expect(queries, async () => manager.all());
      const partners = missions.toSorted((a, b) => a.id - b.id).map(({ agent }) => agent!.partner);
      const [first, second] = secrets;
      expect(partners.map((partner) => partner?.reveal())).toEqual([
        undefined,
        undefined,
        first,
        first,
        second,
        second,
      ]);
      expect(new Set(partners).size).toBe(5);
    }
    expect(events.filter(({ name }) => name === 'entry:skipped')).toEqual([]);
  });

  it('is said by name when it cannot be brought back, and served from the database', async () => {
    const { get, statements, events } = await agents();
    const manager = get(SaltedCacheManager);
    const [first, second] = [await manager.get(1), await statements.expect(1, () => manager.get(1))];
    expect(first.name).toBe('Ann');
    expect(second.salted).not.toBe(first.salted);
    const skipped = events.filter(({ name }) => name === 'entry:skipped');
    expect(skipped[0]).toMatchObject({
      reason: 'unsupported',
      detail: expect.stringContaining('Salted.salted holds') as unknown,
    });
  });
});
