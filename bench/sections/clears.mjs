import assert from 'node:assert/strict';
import { withCandidates } from '../candidates/index.mjs';
import { oursOnIoRedisNear } from '../candidates/ours.mjs';
import { measure } from '../measure.mjs';
import { microseconds, times } from '../table.mjs';

const NAME = 'clearCacheList()';
/** Those of a run that was killed go by themselves. */
const KEPT_SECONDS = 600;
const AT_ONCE = 10_000;
/** In the server, or a million of them would take a minute. */
const SET_MANY = `for i = ARGV[2], ARGV[3] do redis.call('SET', ARGV[1] .. i, '-', 'EX', ARGV[4]) end`;

const few = 1_000;
const many = 1_000_000;

/** The figures of a part are those with so many entries in Redis. */
export const FEW = `${few.toLocaleString('en')} entries`;
export const MANY = `${many.toLocaleString('en')} entries`;

export const clears = {
  name: 'clears',
  needsRedis: true,
  measure: ({ services, ...options }) =>
    withCandidates(open(services), async ([ours]) => {
      const figures = {};
      let stored = 0;
      for (const [part, entries] of Object.entries({ [FEW]: few, [MANY]: many })) {
        await store(services.redis, ours, { from: stored + 1, to: entries, ...options });
        stored = entries;
        await mustClear(ours);
        figures[part] = await measure([{ name: NAME, run: () => ours.examples.clearCacheList() }], options);
      }
      return { figures, table: tableOf(figures) };
    }),
};

/** By what the second takes of the first. */
export function clearingRatio(figures) {
  return figures[MANY][NAME].p50 / figures[FEW][NAME].p50;
}

async function* open(services) {
  yield await oursOnIoRedisNear(services);
}

/** Keys such as the manager's lists have. */
async function store(redis, { keyInRedis, examples }, { from, to, signal }) {
  const key = keyInRedis(examples.getCacheKey('of-a-bench-'));
  for (let first = from; first <= to; first += AT_ONCE) {
    signal.throwIfAborted();
    await redis.eval(SET_MANY, 0, key, first, Math.min(first + AT_ONCE - 1, to), KEPT_SECONDS);
  }
}

async function mustClear({ examples, queries }) {
  await examples.all();
  const before = queries();
  await examples.clearCacheList();
  await examples.all();
  assert.ok(queries() > before, 'A list was a hit after it was cleared, so figures of clearing say nothing');
}

function tableOf(figures) {
  return {
    title: 'Clearing lists',
    note: `Median in microseconds of ${NAME} with so many entries of the manager in Redis.`,
    columns: [...Object.keys(figures), 'ratio'],
    rows: [
      [NAME, ...Object.values(figures).map(({ [NAME]: { p50 } }) => microseconds(p50)), times(clearingRatio(figures))],
    ],
  };
}
