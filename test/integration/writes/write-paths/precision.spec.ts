import type { EntityManager } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Author, Post } from '../../../fixtures/entities/write-paths.entities.js';
import { describeDatabases } from '../../../support/databases.js';
import { type Lab, openLab } from './lab.js';
import { markPath } from './marks.js';
import { posts } from './posts.scene.js';

describeDatabases('a write leaves warm what it cannot have changed', (database) => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab(database, posts);
  });

  afterAll(() => lab.close());

  /** What is still answered without a query, by what it sees. */
  async function warmAfter(write: (manager: EntityManager) => PromiseLike<unknown>): Promise<string[]> {
    const { marks } = await markPath(lab, posts, () => write(lab.dataSource.manager));
    return posts.observers.filter((_, i) => marks[i] === '.').map(({ sees }) => sees);
  }

  const NAMING_THE_ROW: [string, (manager: EntityManager) => PromiseLike<unknown>][] = [
    ['save of one row', (m) => m.save(Post, { id: 1, title: 'changed' })],
    ['update(id)', (m) => m.update(Post, 1, { title: 'changed' })],
    ['delete(id)', (m) => m.delete(Post, 1)],
    ['remove', async (m) => m.remove(await m.findOneByOrFail(Post, { id: 1 }))],
    ['softDelete(id)', (m) => m.softDelete(Post, 1)],
    ['increment', (m) => m.increment(Post, { id: 1 }, 'views', 1)],
    ['raw UPDATE', (m) => m.query("UPDATE wp_post SET title = 'changed' WHERE id = 1 AND views = 0")],
  ];

  it.each(NAMING_THE_ROW)('%s drops the details of its row and no other row', async (_, write) => {
    const warm = await warmAfter(write);
    expect(warm).toContain('another row');
    expect(warm).not.toContain('the row');
    expect(warm).not.toContain('the row by slug');
    expect(warm).not.toContain('the list');
  });

  it('drops the detail that shows the row as to-one, and not its siblings', async () => {
    const warm = await warmAfter((m) => m.update(Post, 1, { title: 'changed' }));
    expect(warm).not.toContain('a detail with the row as to-one');
    expect(warm).toContain('a detail with another row as to-one');
  });

  it('drops the detail that shows the row two steps away, and not its siblings', async () => {
    const warm = await warmAfter((m) => m.update(Author, 1, { name: 'anna' }));
    expect(warm).not.toContain('a detail with the row as to-one');
    expect(warm).toContain('a detail with another row as to-one');
    expect(warm).toEqual(expect.arrayContaining(['the row', 'the row by slug', 'the list']));
  });

  it('leaves every detail of plain rows warm when a row is inserted', async () => {
    const warm = await warmAfter((m) => m.insert(Post, { slug: 'new' }));
    expect(warm).toEqual(
      expect.arrayContaining(['the row', 'the row by slug', 'another row', 'a detail with the row as to-one']),
    );
    expect(warm).not.toContain('the list');
  });

  it('drops all that shows a row of its table, and nothing else, when nobody can say which rows were written', async () => {
    const warm = await warmAfter((m) => m.update(Post, { title: 'one' }, { views: 5 }));
    expect(warm).toEqual([
      // They show none of its rows.
      'a to-one that is null',
      'a to-one that is soft-deleted',
      'a to-many without members',
      'a many-to-many without members',
      'a note of the row',
      'a note of another row',
      'a reaction, two keys away',
      'another reaction',
      'the reactions',
    ]);
  });

  it('drops only what shows that part of a junction when a row of it is written', async () => {
    const warm = await warmAfter((m) => m.query('DELETE FROM wp_post_tag WHERE post_id = 2'));
    const showing = ['the row as many-to-many member', 'another with all relations', 'the list with all relations'];
    expect(warm).toEqual(posts.observers.map(({ sees }) => sees).filter((sees) => !showing.includes(sees)));
  });
});
