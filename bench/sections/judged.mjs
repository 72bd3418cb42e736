import { setTimeout } from 'node:timers/promises';
import { withCandidates } from '../candidates/index.mjs';
import { oursInMemory, oursOnIoRedis, oursOnIoRedisNear } from '../candidates/ours.mjs';
import { Article } from '../entities.mjs';
import { measure } from '../measure.mjs';
import { articles } from '../shapes.mjs';
import { microseconds, times } from '../table.mjs';

/** Writes since the list was read last: to the title of a row that it does not show. */
const COUNTS = [0, 1, 16, 128];
const SHOWN = 100;
/** At once: whoever writes them one after the other measures for a quarter of an hour. */
const AT_ONCE = 4;

/** For how long nothing is judged by a clock that was made from nothing, and some more, in milliseconds. */
const YOUNG_MS = 2_500;

export const judged = {
  name: 'judged',
  needsRedis: true,
  measure: ({ services, ...options }) =>
    withCandidates(open(services), async (candidates) => {
      const figures = {};
      for (const candidate of candidates) {
        await candidate.read(articles(SHOWN));
        await setTimeout(YOUNG_MS);
        const tasks = COUNTS.map((count) => taskOf(candidate, count));
        figures[candidate.name] = await measure(tasks, options);
      }
      return { figures, table: tableOf(figures) };
    }),
};

async function* open(services) {
  yield await oursOnIoRedis(services);
  yield await oursOnIoRedisNear(services);
  yield await oursInMemory(services);
}

/** Each must be a hit: one that asks the database fails the run. */
function taskOf(candidate, count) {
  const shape = articles(SHOWN);
  const write = (i) => candidate.dataSource.manager.update(Article, { id: 1 }, { title: `changed ${i}` });
  const prepare = async () => {
    for (let i = 0; i < count; i += AT_ONCE) {
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - i) }, (_, j) => write(i + j)));
    }
    if (!count) await candidate.read(shape);
  };
  return { ...candidate, name: nameOf(count), prepare, run: () => candidate.read(shape) };
}

function nameOf(count) {
  return count === 1 ? '1 write' : `${count} writes`;
}

function tableOf(figures) {
  return {
    title: 'A hit after writes',
    note: `Median in microseconds of a list of ${SHOWN} rows after so many writes to a row of its table that it does not show, and how many times it is of one after none. Queries per read: 0.`,
    columns: COUNTS.flatMap((count) => (count ? [nameOf(count), 'x'] : [nameOf(count)])),
    rows: Object.entries(figures).map(([name, byCount]) => {
      const none = byCount[nameOf(0)].p50;
      return [
        name,
        ...COUNTS.flatMap((count) => {
          const { p50 } = byCount[nameOf(count)];
          return count ? [microseconds(p50), times(p50 / none)] : [microseconds(p50)];
        }),
      ];
    }),
  };
}
