import { openCandidates, withCandidates } from '../candidates/index.mjs';
import { measure } from '../measure.mjs';
import { shapes } from '../shapes.mjs';
import { microseconds, times } from '../table.mjs';
import { verify } from '../verify.mjs';

export const hits = {
  name: 'hits',
  measure: ({ services, ...options }) =>
    withCandidates(openCandidates(services, shapes), async (candidates) => {
      await verify(candidates, shapes);
      const figures = {};
      for (const shape of shapes) {
        const tasks = candidates.map((candidate) => ({ ...candidate, run: () => candidate.read(shape) }));
        figures[shape.name] = await measure(tasks, options);
      }
      return { figures, table: tableOf(figures, candidates) };
    }),
};

/** Side by side, and how many times the last candidate's, the strictest floor there is. */
function tableOf(figures, candidates) {
  const floor = candidates.at(-1).name;
  const parts = Object.keys(figures);
  return {
    title: 'A hit',
    note: `Median of a read in microseconds, and how many times it is of the ${floor}. ${queriesOf(figures, candidates)}`,
    columns: ['returns', ...parts.flatMap((part) => [part, 'x floor'])],
    rows: candidates.map(({ name, returns }) => [
      name,
      returns,
      ...parts.flatMap((part) => {
        const { p50 } = figures[part][name];
        return [microseconds(p50), times(p50 / figures[part][floor].p50)];
      }),
    ]),
  };
}

function queriesOf(figures, candidates) {
  const counts = candidates.map(({ name }) => {
    const queries = Object.values(figures).map((figure) => Number(figure[name].queriesPerRun.toFixed(2)));
    return queries.some((count) => count > 0) ? `${name} ${queries.join(', ')}` : undefined;
  });
  return `Queries per read: ${counts.filter(Boolean).join('; ')}; all others 0.`;
}
