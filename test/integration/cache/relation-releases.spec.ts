import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { type DataSourceOptions, EntitySchema, type ObjectLiteral } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { describeWith } from '../../support/services.js';
import { createTestApp } from '../../support/test-app.js';

const columns = { id: { type: 'int', primary: true } } as const;

/** People with the documents they wrote, or those they reviewed. */
function release({ through, first }: { through: 'writer' | 'reviewer'; first: 'ASC' | 'DESC' }) {
  const documents = new EntitySchema<ObjectLiteral>({
    name: 'document',
    columns,
    relations: {
      writer: { type: 'many-to-one', target: 'person' },
      reviewer: { type: 'many-to-one', target: 'person' },
    },
  });
  const people = new EntitySchema<ObjectLiteral>({
    name: 'person',
    columns,
    orderBy: { id: first },
    relations: { documents: { type: 'one-to-many', target: 'document', inverseSide: through } },
  });
  @Injectable()
  class People extends BaseCacheManager<ObjectLiteral> {
    model = people;
    override prefetchRelatedObjects = ['documents'];
  }
  return { People, entities: [people, documents] };
}

describeWith('redis', 'A release reads no rows that a former one found in another way', (redisUrl) => {
  describeDatabases(
    'of related rows and of lists',
    (database) => {
      it('shows what find shows', async () => {
        const options = { ...(await database.options()), synchronize: true };
        const namespace = `test-${randomUUID()}`;
        const open = async ({ People, entities }: ReturnType<typeof release>) => {
          const app = await createTestApp({
            database: { ...options, entities } as DataSourceOptions,
            managers: [People],
            store: 'ioredis-yet',
            redisUrl,
            options: { namespace },
          });
          return { ...app, people: app.get(People) };
        };
        const before = await open(release({ through: 'writer', first: 'ASC' }));
        await before.dataSource.query('INSERT INTO person (id) VALUES (1), (2)');
        await before.dataSource.query(
          'INSERT INTO document (id, "writerId", "reviewerId") VALUES (7, 1, 2), (8, 2, 1)',
        );
        const relations = { documents: true };
        for (const changed of [
          { through: 'reviewer', first: 'ASC' },
          { through: 'writer', first: 'DESC' },
        ] as const) {
          const after = await open(release(changed));
          await before.people.get(1);
          await before.people.all();
          await before.settled();
          const repository = after.dataSource.getRepository<ObjectLiteral>('person');
          expect(await after.people.get(1)).toEqual(await repository.findOne({ where: { id: 1 }, relations }));
          expect(await after.people.all()).toEqual(await repository.find({ relations }));
        }
      });
    },
    ['postgres'],
  );
});
