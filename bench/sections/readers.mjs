import { openConcurrent, withCandidates } from '../candidates/index.mjs';
import { inTurns, median, mustNotAsk } from '../measure.mjs';
import { names } from '../names.mjs';
import { mulberry32, zipf } from '../random.mjs';
import { detail } from '../shapes.mjs';
import { times } from '../table.mjs';
import { verify } from '../verify.mjs';

const READERS = 64;
const ROWS = 1_000;
/** So long that what is read of a row for the first time in a second is few of what is read. */
const TURN_MS = 1_000;
const shapes = Array.from({ length: ROWS }, (_, i) => detail(i + 1));

export const readers = {
  name: 'readers',
  needsRedis: true,
  measure: ({ services, ...options }) =>
    withCandidates(openConcurrent(services, shapes), async (all) => {
      await verify(all, shapes);
      const records = all.slice(1).map((candidate) => ({ candidate, rates: [], rank: zipf(ROWS, mulberry32(1)) }));
      await inTurns(records, { ...options, turnMs: TURN_MS }, async ({ candidate, rates, rank }, counts) => {
        const before = candidate.queries?.();
        const { reads, ms } = await readAtOnce(() => candidate.read(shapes[rank() - 1]));
        if (candidate.cached) mustNotAsk(candidate, candidate.queries() - before, reads);
        if (counts) rates.push((reads / ms) * 1_000);
      });
      const figures = records.map(({ candidate, rates }) => [candidate.name, { perSecond: median(rates) }]);
      return tabled({ details: Object.fromEntries(figures) });
    }),
};

async function readAtOnce(read) {
  const start = performance.now();
  const end = start + TURN_MS;
  let reads = 0;
  const reader = async () => {
    for (; performance.now() < end; reads++) await read();
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  return { reads, ms: performance.now() - start };
}

function tabled(figures) {
  const floor = figures.details[names.entry].perSecond;
  return {
    figures,
    table: {
      title: `${READERS} readers at once`,
      note: `Details per second of one process: ${READERS} readers, each of whom asks again once answered, zipf over ${ROWS.toLocaleString('en')} rows.`,
      columns: ['reads/s', 'x GET'],
      rows: Object.entries(figures.details).map(([name, { perSecond }]) => [
        name,
        Math.round(perSecond).toLocaleString('en'),
        times(perSecond / floor),
      ]),
    },
  };
}
