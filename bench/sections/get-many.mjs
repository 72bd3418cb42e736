import { In } from 'typeorm';
import { withCandidates } from '../candidates/index.mjs';
import { oursOnIoRedis, oursOnIoRedisNear } from '../candidates/ours.mjs';
import { uncached } from '../candidates/typeorm.mjs';
import { Example } from '../entities.mjs';
import { measure } from '../measure.mjs';
import { detail } from '../shapes.mjs';
import { microseconds, times } from '../table.mjs';
import { mustEqual, verify } from '../verify.mjs';

export const ONE = 'get(1)';
export const MANY = 'getMany(100)';

const identifiers = Array.from({ length: 100 }, (_, i) => i + 1);

export const getMany = {
  name: 'getMany',
  needsRedis: true,
  measure: ({ services, ...options }) =>
    withCandidates(open(services), async ([reference, ...ours]) => {
      await verify([reference, ...ours], [detail(1)]);
      const relations = { user: true, users: true };
      const found = await reference.dataSource.manager.find(Example, { where: { id: In(identifiers) }, relations });
      for (const { name, examples } of ours) {
        await examples.getMany(identifiers);
        const many = await examples.getMany(identifiers);
        mustEqual(many, found, 'entities', `getMany() of ${name} does not return what TypeORM finds`);
      }
      const figures = {
        [ONE]: await measure(
          reading(ours, ({ examples }) => examples.get(1)),
          options,
        ),
        [MANY]: await measure(
          reading(ours, ({ examples }) => examples.getMany(identifiers)),
          options,
        ),
      };
      return { figures, table: tableOf(figures) };
    }),
};

async function* open(services) {
  yield await uncached(services);
  yield await oursOnIoRedis(services);
  yield await oursOnIoRedisNear(services);
}

function reading(ours, read) {
  return ours.map((candidate) => ({ ...candidate, run: () => read(candidate) }));
}

function tableOf(figures) {
  return {
    title: 'Many details in one call',
    note: 'Median in microseconds of warm details with two relations.',
    columns: [ONE, MANY, 'ratio'],
    rows: Object.entries(figures[ONE]).map(([name, { p50 }]) => {
      const many = figures[MANY][name].p50;
      return [name, microseconds(p50), microseconds(many), times(many / p50)];
    }),
  };
}
