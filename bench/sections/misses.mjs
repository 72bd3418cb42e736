import { oursOnIoRedisNear } from '../candidates/ours.mjs';
import { uncached } from '../candidates/typeorm.mjs';
import { withCandidates } from '../candidates/index.mjs';
import { measure } from '../measure.mjs';
import { names } from '../names.mjs';
import { shapes } from '../shapes.mjs';
import { microseconds, times } from '../table.mjs';
import { mustEqual, verify } from '../verify.mjs';
import { QsCacheCore } from '../../dist/qs-cache.core.js';

const ID = 500;
const [detail] = shapes;

export const misses = {
  name: 'misses',
  needsRedis: true,
  measure: ({ services, ...options }) =>
    withCandidates(open(services), async (candidates) => {
      await verify(candidates, [detail]);
      const [reference, ours] = candidates;
      mustEqual(
        await missed(ours),
        await reference.read(detail),
        'entities',
        'A miss does not return what TypeORM finds',
      );
      const tasks = [
        { ...reference, run: () => reference.read(detail) },
        { ...ours, cached: false, prepare: () => forget(ours), run: () => ours.read(detail) },
      ];
      const figures = { detail: await measure(tasks, options) };
      const { queriesPerRun } = figures.detail[ours.name];
      if (queriesPerRun < 1)
        throw new Error(
          `A miss cost ${queriesPerRun} queries, so some were hits: their figures say nothing of misses.`,
        );
      return { figures, table: tableOf(figures) };
    }),
};

async function* open(services) {
  yield await uncached(services);
  yield await oursOnIoRedisNear(services);
}

async function missed(ours) {
  await forget(ours);
  return ours.read(detail);
}

/** Not before the last miss is stored: its fill would go on beside what is timed. */
async function forget({ app, examples }) {
  await app.get(QsCacheCore, { strict: false }).readThrough.settled();
  await examples.clearCacheDetail(ID);
}

function tableOf({ detail: figures }) {
  const floor = figures[names.typeorm].p50;
  return {
    title: 'A miss',
    note: 'Median in microseconds of a detail with two relations that is in no entry, beside the uncached read.',
    columns: ['detail', 'x TypeORM', 'queries'],
    rows: Object.entries(figures).map(([name, { p50, queriesPerRun }]) => [
      name,
      microseconds(p50),
      times(p50 / floor),
      queriesPerRun.toFixed(1),
    ]),
  };
}
