import { Injectable } from '@nestjs/common';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { Example } from '../../fixtures/entities/example.entity.js';
import { describeDatabases } from '../../support/databases.js';
import { exampleApp } from '../../support/example-app.js';

/** Its fields have names that a base class might want for itself. */
@Injectable()
class OwnFieldsCacheManager extends BaseCacheManager<Example> {
  model = Example;
  bound = 'own';
  through = 'own';
  cacheKeys = ['own'];

  fields() {
    return [this.bound, this.through, this.cacheKeys];
  }
}

describeDatabases('A manager whose own fields are called bound, through and cacheKeys', (database) => {
  it('reads, clears and joins a transaction like any other, and keeps its fields', async () => {
    const { get, dataSource, statements } = await exampleApp(database, { managers: [OwnFieldsCacheManager] });
    const examples = get(OwnFieldsCacheManager);
    await examples.all();
    expect((await statements.expect(0, () => examples.all())).map(({ title }) => title)).toContain('one');
    await examples.clearCache();
    await statements.expect(1, () => examples.all());
    await dataSource.transaction(async (entityManager) => {
      await entityManager.update(Example, 1, { title: 'changed' });
      const inside = examples.using(entityManager);
      expect((await inside.get(1)).title).toBe('changed');
      expect(inside.fields()).toEqual(['own', 'own', ['own']]);
    });
    expect((await examples.get(1)).title).toBe('changed');
  });
});
