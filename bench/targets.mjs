import { names } from './names.mjs';
import { bootAdds } from './sections/boot.mjs';
import { clearingRatio } from './sections/clears.mjs';
import { MANY, ONE } from './sections/get-many.mjs';
import { pingsMore } from './sections/writes.mjs';

const { typeorm, bentoRedis, bentoTiered, memory, shared, redis, near, tracking, entry, floor } = names;
/** Not a number where one of them was not measured. */
const medians = (one, other) => one?.p50 / other?.p50;
const rates = (one, other) => one?.perSecond / other?.perSecond;

/** What this library wants to be, as ratios inside one run: medians, as the tables show them. */
export const targets = [
  {
    work: 'Redis hit, detail with two relations, against GET + JSON.parse',
    most: 1.25,
    section: 'hits',
    figure: (hits) => medians(hits.detail[redis], hits.detail[floor]),
  },
  {
    work: "the same against bentocache's Redis hit",
    below: 1,
    section: 'hits',
    figure: (hits) => medians(hits.detail[redis], hits.detail[bentoRedis]),
  },
  {
    work: 'the same with the near cache, strict, against GET + JSON.parse',
    most: 1.15,
    section: 'hits',
    figure: (hits) => medians(hits.detail[near], hits.detail[floor]),
  },
  {
    work: 'Redis hit, list of 1,000, nothing in this process, against GET + JSON.parse',
    most: 0.55,
    section: 'hits',
    figure: (hits) => medians(hits['list 1000'][redis], hits['list 1000'][floor]),
  },
  {
    work: 'the same with the near cache, strict',
    most: 0.3,
    section: 'hits',
    figure: (hits) => medians(hits['list 1000'][near], hits['list 1000'][floor]),
  },
  {
    work: "memory hit, detail, own copy per caller, against bentocache's L1",
    most: 0.8,
    section: 'hits',
    figure: (hits) => medians(hits.detail[memory], hits.detail[bentoTiered]),
  },
  {
    work: "memory hit, list of 100, own copies, against bentocache's L1",
    most: 0.5,
    section: 'hits',
    figure: (hits) => medians(hits['list 100'][memory], hits['list 100'][bentoTiered]),
  },
  {
    work: "memory hit, list of 1,000, own copies, against bentocache's L1",
    most: 0.5,
    section: 'hits',
    figure: (hits) => medians(hits['list 1000'][memory], hits['list 1000'][bentoTiered]),
  },
  {
    work: '`shared` instances, list of 1,000, in memory, against a detail hit in memory',
    most: 1.5,
    section: 'hits',
    figure: (hits) => medians(hits['list 1000'][shared], hits.detail[memory]),
  },
  {
    work: 'miss (Redis), detail with two relations, against the uncached TypeORM read',
    most: 1.25,
    section: 'misses',
    figure: (misses) => medians(misses.detail[near], misses.detail[typeorm]),
  },
  {
    work: '`update` by id, what it costs more than plain, in PINGs',
    most: 2.5,
    section: 'writes',
    figure: (writes) => pingsMore(writes['update by id']),
  },
  {
    work: '`save` in a transaction, what it costs more than plain, in PINGs',
    most: 3,
    section: 'writes',
    figure: (writes) => pingsMore(writes['save in a transaction']),
  },
  {
    work: '64 readers of details on Redis, reads per second, against bare GETs',
    least: 0.35,
    section: 'readers',
    figure: (readers) => rates(readers.details[redis], readers.details[entry]),
  },
  {
    work: 'the same with the near cache, against bentocache L1 + L2',
    above: 1,
    section: 'readers',
    figure: (readers) => rates(readers.details[near], readers.details[bentoTiered]),
  },
  {
    work: 'the same with tracking',
    above: 1,
    section: 'readers',
    figure: (readers) => rates(readers.details[tracking], readers.details[bentoTiered]),
  },
  {
    work: 'getMany(100) warm on Redis, against one detail hit',
    most: 3,
    section: 'getMany',
    figure: (getMany) => medians(getMany[MANY][redis], getMany[ONE][redis]),
  },
  {
    work: 'the same with the near cache',
    most: 3,
    section: 'getMany',
    figure: (getMany) => medians(getMany[MANY][near], getMany[ONE][near]),
  },
  {
    work: 'clearCacheList with a million entries, against a thousand',
    most: 1.2,
    section: 'clears',
    figure: (clears) => clearingRatio(clears),
  },
  {
    work: 'boot with 100 entities and managers, milliseconds added by this module',
    below: 100,
    section: 'boot',
    figure: (boot) => bootAdds(boot.boot),
  },
];

const BOUNDS = {
  most: { words: 'at most', holds: (figure, bound) => figure <= bound },
  below: { words: 'below', holds: (figure, bound) => figure < bound },
  least: { words: 'at least', holds: (figure, bound) => figure >= bound },
  above: { words: 'above', holds: (figure, bound) => figure > bound },
};

/** Each target with its figure in these results, and whether it `passes`; without either where that was not measured. */
export function judge(results) {
  return targets.map(({ work, section, figure, ...target }) => {
    const [[kind, bound]] = Object.entries(target);
    const measured = results[section] && figure(results[section]);
    return {
      work,
      target: `${BOUNDS[kind].words} ${bound}`,
      ...(Number.isFinite(measured) && { figure: measured, passes: BOUNDS[kind].holds(measured, bound) }),
    };
  });
}

export function tableOfTargets(judged) {
  const known = judged.filter(({ passes }) => passes !== undefined);
  const passed = known.filter(({ passes }) => passes);
  return {
    title: 'Targets',
    note: `${passed.length} of ${known.length} pass. One that fails does not fail the command: it says what is left to do.`,
    columns: ['target', 'figure', 'result'],
    rows: judged.map(({ work, target, figure, passes }) => [
      work,
      target,
      figure === undefined ? '-' : figure.toFixed(figure < 10 ? 2 : 0),
      passes === undefined ? 'not measured' : passes ? 'pass' : 'FAIL',
    ]),
  };
}
