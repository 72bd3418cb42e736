import { AssertionError, rejects, strictEqual as equal } from 'node:assert';
import { expectQueries } from 'nestjs-qscache/testing';
import type { Facts } from './facts.js';

/** What a user's own tests stand on, without a CACHE_MANAGER. */
export const testingFacts: Facts = {
  'expectQueries counts the statements of this DataSource': async (app) => {
    const { one } = await app.seed();
    equal((await expectQueries(app.dataSource, 2, () => app.examples.all())).length, 2);
    await expectQueries(app.dataSource, 0, () => app.examples.all());
    await expectQueries(app.dataSource, 1, () => app.repository.update(one.id, { title: 'new' }));
    await expectQueries(app.dataSource, 2, () => app.examples.all());
  },

  'expectQueries rejects any other number': async (app) => {
    await rejects(
      expectQueries(app.dataSource, 0, () => app.repository.count()),
      AssertionError,
    );
  },
};
