import { Injectable } from '@nestjs/common';
import { Column, DataSource, type DataSourceOptions, Entity, PrimaryColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { QsCacheCore } from '../../../lib/qs-cache.core.js';
import { describeDatabases } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('post')
class Post {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar', length: 20 })
  title!: string;

  @Column({ type: 'varchar', length: 20, unique: true, insert: false, update: false, nullable: true })
  slug!: string;
}

@Injectable()
class Posts extends BaseCacheManager<Post> {
  model = Post;
}

// As in moved-keys.spec.ts, of a unique key that the database makes of another column.
describeDatabases(
  'a generated key that moves to another row while its former writer has yet to be heard of',
  (database) => {
    it('is looked up afresh', async () => {
      const options = await database.options();
      const source = await new DataSource(options).initialize();
      await source.query(
        'CREATE TABLE post (id int PRIMARY KEY, title varchar(20), slug varchar(20) GENERATED ALWAYS AS (lower(title)) STORED UNIQUE)',
      );
      await source.query("INSERT INTO post (id, title) VALUES (1, 'Ann'), (2, 'Bob')");
      await source.destroy();
      const app = await createTestApp({
        database: { ...options, entities: [Post] } as DataSourceOptions,
        managers: [Posts],
      });
      const ann = (cache = true) => app.get(Posts).get('ann', { where: { slug: 'ann' }, cache });
      expect((await ann()).id).toBe(1);
      await app.settled();
      const { store } = app.get(QsCacheCore);
      const advance = store.advance.bind(store);
      let go!: () => void;
      const told = new Promise<void>((resolve) => (go = resolve));
      const committed = new Promise<void>((resolve) => {
        store.advance = async (...args) => {
          store.advance = advance;
          resolve();
          await told;
          return advance(...args);
        };
      });
      const writing = app.dataSource.getRepository(Post).update(1, { title: 'Anne' });
      await committed;
      await app.dataSource.getRepository(Post).update(2, { title: 'Ann' });
      expect((await ann(false)).id).toBe(2);
      expect.soft((await ann()).id).toBe(2);
      go();
      await writing;
    });
  },
  ['postgres', 'mariadb'],
);
