import { Injectable } from '@nestjs/common';
import { Column, Entity, ManyToOne, OneToMany, PrimaryColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { BaseCacheManager, InvalidConfigurationError } from '../../../lib/index.js';
import { services } from '../../support/services.js';
import { createTestApp, type StoreKind, type TestApp } from '../../support/test-app.js';

class Card {
  @Column('varchar')
  number: string;

  @Column('varchar')
  bank: string;
}

@Entity()
class Patient {
  @PrimaryColumn('int')
  id: number;

  @Column('varchar')
  name: string;

  @Column('varchar', { nullable: true })
  ssn: string | null;

  @Column('varchar', { select: false })
  pin: string;

  @Column(() => Card)
  card: Card;

  @OneToMany('Visit', 'patient')
  visits: unknown[];
}

@Entity()
class Visit {
  @PrimaryColumn('int')
  id: number;

  @ManyToOne(() => Patient, 'visits')
  patient: Patient;
}

@Injectable()
class Patients extends BaseCacheManager<Patient> {
  model = Patient;
  override neverCache = ['ssn', 'pin', 'card.number'];
}

@Injectable()
class Visits extends BaseCacheManager<Visit> {
  model = Visit;
  override relatedObjects = ['patient'] as const;
}

@Injectable()
class BareVisits extends BaseCacheManager<Visit> {
  model = Visit;
  override cacheKey = 'bare';
}

const { redis } = services;
const stores: StoreKind[] = 'url' in redis ? ['memory', 'ioredis-yet', 'keyv-redis'] : ['memory'];

describe.each(stores)('a property that no entry may hold, on %s', (store) => {
  async function setUp(): Promise<TestApp & { patients: Patients; visits: Visits; bare: BareVisits }> {
    const app = await createTestApp({
      database: { type: 'sqljs', entities: [Patient, Visit], synchronize: true },
      managers: [Patients, Visits, BareVisits],
      store,
      ...('url' in redis && { redisUrl: redis.url }),
    });
    const { manager } = app.dataSource;
    const card = { number: 'private', bank: 'x' };
    await manager.insert(Patient, { id: 1, name: 'one', ssn: 'private', pin: 'private', card });
    await manager.insert(Patient, { id: 2, name: 'two', ssn: null, pin: 'private', card });
    await manager.insert(Visit, { id: 1, patient: { id: 1 } });
    return { ...app, patients: app.get(Patients), visits: app.get(Visits), bare: app.get(BareVisits) };
  }

  /** How many queries a second read makes, and what it gives. */
  async function again<T>(app: TestApp, read: () => PromiseLike<T>): Promise<{ count: number; result: T }> {
    await read();
    await app.settled();
    const { result, statements } = await app.statements.during(async () => await read());
    return { count: statements.length, result };
  }

  it('is served from the database each time', async () => {
    const app = await setUp();
    const { patients } = app;
    const reads = [() => patients.get(1), () => patients.get(2), () => patients.getMany([1, 2]), () => patients.all()];
    for (const read of reads) {
      const { count, result } = await again<unknown>(app, read);
      expect(count).toBe(1);
      expect([result].flat()[0]).toMatchObject({ card: { number: 'private' } });
    }
    expect(app.events.filter(({ name }) => name === 'entry:filled')).toEqual([]);
    expect(app.events).toContainEqual(
      expect.objectContaining({
        name: 'entry:skipped',
        reason: 'private',
        detail: expect.stringMatching(/^Patient\./),
      }),
    );
  });

  it('also where another manager shows it', async () => {
    const app = await setUp();
    expect((await again(app, () => app.visits.get(1))).count).toBe(1);
    expect((await again(app, () => app.visits.all())).count).toBe(1);
    expect((await again(app, () => app.bare.all())).count).toBe(0);
  });

  it('but what selects without it is cached', async () => {
    const app = await setUp();
    const read = () =>
      app.patients
        .all()
        .select({ id: true, name: true, card: { bank: true } })
        .cache();
    const { count, result } = await again(app, read);
    expect(count).toBe(0);
    expect(result.map(({ name }) => name)).toEqual(['one', 'two']);
    expect((await again(app, () => app.patients.all().select({ id: true, pin: true }).cache())).count).toBe(1);
  });

  it('is shared by those who ask at once', async () => {
    const app = await setUp();
    const { result, statements } = await app.statements.during(() =>
      Promise.all([app.patients.get(1), app.patients.get(1), app.patients.get(1)]),
    );
    expect(statements).toHaveLength(1);
    expect(new Set(result).size).toBe(3);
  });
});

it('may be a lazy relation', async () => {
  @Entity()
  class Room {
    @PrimaryColumn('int')
    id: number;

    @OneToMany('Guest', 'room', { lazy: true })
    guests: Promise<unknown[]>;
  }
  @Entity()
  class Guest {
    @PrimaryColumn('int')
    id: number;

    @ManyToOne(() => Room, 'guests')
    room: Room;
  }
  @Injectable()
  class Rooms extends BaseCacheManager<Room> {
    model = Room;
    override neverCache = ['guests'];
  }
  @Injectable()
  class FullRooms extends BaseCacheManager<Room> {
    model = Room;
    override cacheKey = 'full';
    override relatedObjects = ['guests'] as const;
  }
  const app = await createTestApp({
    database: { type: 'sqljs', entities: [Room, Guest], synchronize: true },
    managers: [Rooms, FullRooms],
  });
  await app.dataSource.manager.insert(Room, { id: 1 });
  await app.get(Rooms).get(1);
  await app.get(FullRooms).get(1);
  await app.settled();
  const skipped = { name: 'entry:skipped', reason: 'private', detail: 'Room.__guests__' };
  expect(app.events).toContainEqual(expect.objectContaining(skipped));
  expect(app.events.filter(({ name }) => name === 'entry:filled')).toHaveLength(1);
});

it('is read from no entry that was made before it was said', async () => {
  @Injectable()
  class Careless extends BaseCacheManager<Patient> {
    model = Patient;
    override cacheKey = 'careless';
  }
  const app = await createTestApp({
    database: { type: 'sqljs', entities: [Patient, Visit], synchronize: true },
    managers: [Careless],
  });
  const { manager } = app.dataSource;
  await manager.insert(Patient, { id: 1, name: 'one', ssn: 'private', pin: '', card: { number: '', bank: 'x' } });
  await app.get(Careless).get(1);
  await app.settled();
  await app.statements.expect(0, async () => void (await app.get(Careless).get(1)));
  // As a manager in a module that is loaded late.
  entityCodec(app.dataSource.getMetadata(Patient)).keepOut('ssn');
  await app.statements.expect(1, async () => void (await app.get(Careless).get(1)));
  expect(app.events).toContainEqual(
    expect.objectContaining({ name: 'entry:skipped', reason: 'private', detail: 'Patient.ssn' }),
  );
});

it.each(['snn', 'card.numbr', 'visits.id', ''])('neverCache = [%j] is an error at boot', async (path) => {
  class Wrong extends Patients {
    override neverCache = [path];
  }
  const app = createTestApp({
    database: { type: 'sqljs', entities: [Patient, Visit], synchronize: true },
    managers: [Wrong],
  });
  await expect(app).rejects.toThrow(InvalidConfigurationError);
  await expect(app).rejects.toThrow(/Wrong\.neverCache names/);
});
