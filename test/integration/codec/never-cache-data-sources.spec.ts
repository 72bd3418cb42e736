import { CacheModule } from '@nestjs/cache-manager';
import { Injectable, Module } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { Column, type DataSource, type DataSourceOptions, Entity, ManyToOne, PrimaryColumn } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BaseCacheManager, CacheEvents, QsCacheModule } from '../../../lib/index.js';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';

@Entity()
class Patient {
  @PrimaryColumn('int')
  id!: number;

  @Column('varchar')
  ssn!: string;
}

@Entity()
class Visit {
  @PrimaryColumn('int')
  id!: number;

  @ManyToOne(() => Patient)
  patient!: Patient;
}

@Injectable()
class PatientCacheManager extends BaseCacheManager<Patient> {
  model = Patient;
  override neverCache = ['ssn'];
}

@Injectable()
class VisitCacheManager extends BaseCacheManager<Visit> {
  model = Visit;
  override relatedObjects = ['patient'] as const;
}

const patients = QsCacheModule.forFeature([PatientCacheManager]);
const visits = QsCacheModule.forFeature([VisitCacheManager], 'archive');

@Module({ imports: [patients] })
class LatePatients {}

/** Patients are kept private where they live, and shown in the archive, which is another DataSource. */
async function open(...features: (typeof patients)[]) {
  const database: DataSourceOptions = { type: 'sqljs', entities: [Patient, Visit], synchronize: true };
  const module = await Test.createTestingModule({
    imports: [
      CacheModule.register(),
      TypeOrmModule.forRoot(database),
      TypeOrmModule.forRoot({ ...database, name: 'archive' }),
      QsCacheModule.forRoot({ budgetMs: 5_000 }),
      ...features,
    ],
  }).compile();
  onTestFinished(() => module.close());
  await module.init();
  const archive = module.get<DataSource>(getDataSourceToken('archive'));
  const fill = async () => {
    const { manager } = archive;
    await manager.save(Patient, { id: 1, ssn: '123' });
    await manager.save(Visit, { id: 1, patient: { id: 1 } });
  };
  await fill();
  const seen: string[] = [];
  module.get(CacheEvents).on(['entry:filled', 'entry:skipped', 'entry:hit'], (event) => {
    seen.push(event.name === 'entry:skipped' ? event.reason : event.name);
  });
  /** What becomes of a result that shows the property. */
  const read = async () => {
    seen.splice(0);
    await module.get(VisitCacheManager, { strict: false }).get(1);
    await module.get(QsCacheCore).readThrough.settled();
    return seen;
  };
  return { module, archive, fill, read };
}

describe('What a manager lets into no entry is in none of another DataSource', () => {
  it.each([
    ['before', [patients, visits]],
    ['after', [visits, patients]],
  ])('that is bound %s it', async (_, features) => {
    const { read } = await open(...features);
    expect(await read()).toEqual(['private']);
  });

  it('whose entries are there already', async () => {
    const { module, read } = await open(visits);
    expect(await read()).toEqual(['entry:filled']);
    await module.get(LazyModuleLoader).load(() => LatePatients);
    expect(await read()).toEqual(['private']);
  });

  it('that was initialized again', async () => {
    const { archive, fill, read } = await open(patients, visits);
    await archive.destroy();
    await archive.initialize();
    await fill();
    expect(await read()).toEqual(['private']);
  });

  it('unless it is another application', async () => {
    const { read } = await open(visits);
    expect(await read()).toEqual(['entry:filled']);
  });
});
