import assert from 'node:assert/strict';
import { oursOnIoRedisNear } from '../candidates/ours.mjs';
import { uncached } from '../candidates/typeorm.mjs';
import { withCandidates } from '../candidates/index.mjs';
import { Example } from '../entities.mjs';
import { measure } from '../measure.mjs';
import { names } from '../names.mjs';
import { microseconds } from '../table.mjs';
import { QsCacheCore } from '../../dist/qs-cache.core.js';

export const PING = 'PING';

/** Of one write or a few: what is told is a small difference between two things that the machine's moods move by more. */
const TURN_MS = 5;

const kinds = {
  'update by id': ({ manager }, id, views) => manager.update(Example, id, { views }),
  'save in a transaction': (dataSource, id, views) =>
    dataSource.transaction((manager) => manager.save(Example, { id, views })),
};

export const writes = {
  name: 'writes',
  needsRedis: true,
  measure: ({ services, ...options }) =>
    withCandidates(open(services), async ([plain, ours]) => {
      // An application hears every DataSource of its process: this one must cost what it does without any.
      const core = ours.app.get(QsCacheCore, { strict: false });
      core.lost(plain.dataSource);
      assert.ok(
        !core.watched.some(({ dataSource }) => dataSource === plain.dataSource),
        'the plain DataSource is heard',
      );
      const figures = {};
      for (const [kind, write] of Object.entries(kinds)) {
        const tasks = [
          writing(plain, 901, write, ({ dataSource }, id) => dataSource.manager.findOneByOrFail(Example, { id })),
          writing(ours, 902, write, ({ examples }, id) => examples.get(id)),
          { name: PING, run: () => services.redis.ping() },
        ];
        figures[kind] = await measure(tasks, { ...options, turnMs: TURN_MS });
      }
      return { figures, table: tableOf(figures) };
    }),
};

async function* open(services) {
  yield await uncached(services);
  yield await oursOnIoRedisNear(services);
}

/** Each write meets an entry that shows its row, and must be seen before the next one. */
function writing({ name, ...candidate }, id, write, read) {
  let views = 0;
  return {
    name,
    prepare: async () => {
      const row = await read(candidate, id);
      if (views > 0) assert.equal(row.views, views, `${name} shows something older than what was written`);
    },
    run: () => write(candidate.dataSource, id, ++views),
  };
}

/** What a write costs more than without this library, in round trips to the same Redis. */
export function pingsMore(figures) {
  return (figures[names.near].p50 - figures[names.typeorm].p50) / figures[PING].p50;
}

function tableOf(figures) {
  return {
    title: 'A write',
    note: 'Median in microseconds of writing a row that an entry shows, and what the invalidation makes of it in PINGs of the same Redis.',
    columns: ['plain', 'qscache', 'PING', 'PINGs more'],
    rows: Object.entries(figures).map(([kind, figure]) => [
      kind,
      ...[names.typeorm, names.near, PING].map((name) => microseconds(figure[name].p50)),
      pingsMore(figure).toFixed(1),
    ]),
  };
}
