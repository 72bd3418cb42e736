import { openGrowing, withCandidates } from '../candidates/index.mjs';
import { batches } from '../entities.mjs';
import { measure } from '../measure.mjs';
import { articles } from '../shapes.mjs';
import { microseconds } from '../table.mjs';
import { verify } from '../verify.mjs';

const shapes = batches.map(articles);

export const growth = {
  name: 'growth',
  measure: ({ services, ...options }) =>
    withCandidates(openGrowing(services, shapes), async (candidates) => {
      await verify(candidates, shapes);
      const figures = {};
      for (const shape of shapes) {
        const tasks = candidates.map((candidate) => ({ ...candidate, run: () => candidate.read(shape) }));
        figures[shape.name] = await measure(tasks, options);
      }
      const parts = Object.keys(figures);
      return {
        figures,
        table: {
          title: 'How a hit grows',
          note: 'Median in microseconds of reading a list, each row with its user.',
          columns: parts,
          rows: candidates.map(({ name }) => [name, ...parts.map((part) => microseconds(figures[part][name].p50))]),
        },
      };
    }),
};
