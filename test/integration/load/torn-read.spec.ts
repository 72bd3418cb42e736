import { Injectable } from '@nestjs/common';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { Article, Label } from '../../fixtures/entities/soft.entities.js';
import { describeDatabases } from '../../support/databases.js';
import { Pause } from '../../support/pause.js';
import { createTestApp } from '../../support/test-app.js';

@Injectable()
class ArticleCacheManager extends BaseCacheManager<Article> {
  model = Article;
  prefetchRelatedObjects = ['labels'] as const;
}

describeDatabases('a load between whose statements a row is soft-deleted', (database) => {
  async function setUp() {
    const app = await createTestApp({
      database: { ...(await database.options()), entities: [Article, Label], synchronize: true } as never,
      managers: [ArticleCacheManager],
    });
    const { manager } = app.dataSource;
    const labels = await manager.save(Label, [{ name: 'a' }, { name: 'b' }]);
    await manager.save(Article, { labels });
    return { ...app, manager, articles: app.get(ArticleCacheManager) };
  }

  it('shows the row as it was, not stripped of its relations, and is not stored', async () => {
    const { dataSource, manager, articles } = await setUp();
    const pause = new Pause(dataSource, /^SELECT .*FROM .article. .Article./);
    const loading = articles.get(1);
    await pause.reached();
    await manager.softDelete(Article, 1);
    pause.release();
    expect((await loading).labels).toHaveLength(2);
    expect(await articles.get(1, { raiseException: false })).toBeNull();
  });

  it('leaves out related rows that were deleted', async () => {
    const { manager, articles } = await setUp();
    expect((await articles.get(1)).labels).toHaveLength(2);
    await manager.softDelete(Label, 1);
    expect((await articles.get(1)).labels.map(({ name }) => name)).toEqual(['b']);
    await manager.restore(Label, 1);
    expect((await articles.get(1)).labels).toHaveLength(2);
  });
});
