import type { EntityManager, QueryRunner } from 'typeorm';
import { spelled, sql, type WritePath } from './scene.js';
import { dataSourceOf } from '../../../support/typeorm.js';

const SET_TITLE = "UPDATE wp_post SET title = 'changed' WHERE id = 1";

/** SQL written by hand, through whatever takes it. */
export const rawSqlPaths: readonly WritePath[] = [
  { title: 'raw UPDATE through the DataSource', alone: true, write: (m) => dataSourceOf(m).query(SET_TITLE) },
  { title: 'raw UPDATE through the EntityManager', write: (m) => m.query(SET_TITLE) },
  { title: 'raw UPDATE through the QueryRunner', write: (m) => throughRunner(m, (runner) => runner.query(SET_TITLE)) },
  { title: 'raw UPDATE through a repository', write: (m) => m.getRepository('wp_post').query(SET_TITLE) },
  {
    title: 'raw UPDATE as tagged template',
    write: (m) => m.sql`UPDATE wp_post SET title = ${'changed'} WHERE id = ${1}`,
  },
  {
    title: 'raw UPDATE with parameters',
    write: (m) => sql(m, 'UPDATE wp_post SET title = :1 WHERE id = :2', ['x', 1]),
  },
  {
    title: 'raw UPDATE in strange spelling',
    write: (m) => m.query("/* it */ update  wp_post\n-- so\nset TITLE='x' where ID in(1)"),
  },
  {
    title: 'raw UPDATE of a folded name',
    on: ['postgres', 'sqljs'],
    write: (m) => m.query("UPDATE WP_Post SET Title = 'changed' WHERE ID = 1"),
  },
  {
    title: 'raw UPDATE of a qualified name',
    write: (m) => m.query(SET_TITLE.replace('wp_post', `${schemaOf(m)}.wp_post`)),
  },
  { title: 'raw UPDATE of a key', write: (m) => m.query('UPDATE wp_reaction SET id = 9 WHERE id = 1') },
  {
    title: 'raw UPDATE FROM',
    on: ['postgres', 'sqljs'],
    write: (m) =>
      m.query("UPDATE wp_post SET title = c.body FROM wp_comment c WHERE c.post_id = wp_post.id AND c.body = 'a'"),
  },
  {
    title: 'raw UPDATE of a join',
    on: ['mariadb'],
    write: (m) =>
      m.query("UPDATE wp_post p JOIN wp_comment c ON c.post_id = p.id SET p.title = 'x', c.body = 'y' WHERE p.id = 1"),
  },
  {
    title: 'raw INSERT',
    write: (m) => sql(m, "INSERT INTO wp_post (slug, title, author_id) VALUES (:1, '', 2)", ['new']),
  },
  {
    title: 'raw INSERT SELECT',
    write: (m) => m.query('INSERT INTO wp_post_tag (post_id, tag_id) SELECT id, 2 FROM wp_post WHERE id = 1'),
  },
  {
    title: 'raw INSERT ON CONFLICT DO UPDATE',
    on: ['postgres', 'sqljs'],
    write: (m) =>
      m.query("INSERT INTO wp_post (slug) VALUES ('first') ON CONFLICT (slug) DO UPDATE SET title = 'changed'"),
  },
  {
    title: 'raw INSERT ON DUPLICATE KEY UPDATE',
    on: ['mariadb'],
    write: (m) => m.query("INSERT INTO wp_post (slug) VALUES ('first') ON DUPLICATE KEY UPDATE title = 'changed'"),
  },
  {
    title: 'raw REPLACE',
    on: ['mariadb', 'sqljs'],
    write: (m) => m.query("REPLACE INTO wp_post (slug, title) VALUES ('first', 'x')"),
  },
  {
    title: 'raw INSERT OR REPLACE',
    on: ['sqljs'],
    write: (m) => m.query("INSERT OR REPLACE INTO wp_post (id, slug, title) VALUES (1, 'first', 'x')"),
  },
  {
    title: 'raw INSERT SET',
    on: ['mariadb'],
    write: (m) => m.query("INSERT INTO wp_post SET slug = 'new', author_id = 2"),
  },
  { title: 'raw DELETE', write: (m) => m.query('DELETE FROM wp_post WHERE id = 1') },
  {
    title: 'raw DELETE USING',
    on: ['postgres'],
    write: (m) => m.query("DELETE FROM wp_post USING wp_comment c WHERE c.post_id = wp_post.id AND c.body = 'a'"),
  },
  {
    title: 'raw DELETE of a join',
    on: ['mariadb'],
    write: (m) => m.query("DELETE p FROM wp_post p JOIN wp_comment c ON c.post_id = p.id WHERE c.body = 'a'"),
  },
  {
    title: 'raw INSERT of a junction row',
    write: (m) => m.query('INSERT INTO wp_post_tag (post_id, tag_id) VALUES (1, 2)'),
  },
  { title: 'raw DELETE of a junction row', write: (m) => m.query('DELETE FROM wp_post_tag WHERE post_id = 1') },
  { title: 'raw TRUNCATE', on: ['postgres', 'mariadb'], write: (m) => m.query('TRUNCATE TABLE wp_reaction') },
  { title: 'raw TRUNCATE CASCADE', on: ['postgres'], write: (m) => m.query('TRUNCATE wp_post CASCADE') },
  {
    title: 'data-modifying CTE',
    on: ['postgres'],
    write: (m) =>
      m.query(`WITH gone AS (DELETE FROM wp_comment WHERE id = 1 RETURNING body),
        touched AS (UPDATE wp_post SET title = 'x' WHERE id = 2) SELECT * FROM gone`),
  },
  {
    title: 'MERGE',
    on: ['postgres'],
    write: (m) =>
      m.query(`MERGE INTO wp_post p USING (VALUES ('first'), ('new')) AS v (slug) ON p.slug = v.slug
        WHEN MATCHED THEN UPDATE SET title = 'merged' WHEN NOT MATCHED THEN INSERT (slug) VALUES (v.slug)`),
  },
  {
    title: 'MERGE that deletes',
    on: ['postgres'],
    write: (m) => m.query('MERGE INTO wp_post p USING (VALUES (1)) v (id) ON p.id = v.id WHEN MATCHED THEN DELETE'),
  },
  {
    title: 'EXPLAIN ANALYZE of a write',
    on: ['postgres'],
    write: (m) => m.query(`EXPLAIN ANALYZE ${SET_TITLE}`),
  },
  { title: 'ANALYZE of a write', on: ['mariadb'], write: (m) => m.query(`ANALYZE ${SET_TITLE}`) },
  { title: 'DO block', on: ['postgres'], unplaced: true, write: (m) => m.query(`DO $$ BEGIN ${SET_TITLE}; END $$`) },
  {
    title: 'prepared statement',
    on: ['postgres'],
    unplaced: true,
    write: (m) => prepared(m, `PREPARE wp AS ${SET_TITLE}`),
  },
  {
    title: 'prepared statement of a text',
    on: ['mariadb'],
    write: (m) => prepared(m, `PREPARE wp FROM "${SET_TITLE}"`),
  },
  {
    title: 'EXECUTE IMMEDIATE',
    on: ['mariadb'],
    write: (m) => m.query(`EXECUTE IMMEDIATE "${SET_TITLE}"`),
  },
  {
    title: 'compound statement',
    on: ['mariadb'],
    write: (m) => m.query(`BEGIN NOT ATOMIC ${SET_TITLE}; END`),
  },
  {
    title: 'SET STATEMENT',
    on: ['mariadb'],
    write: (m) => m.query(`SET STATEMENT max_statement_time = 5 FOR ${SET_TITLE}`),
  },
  { title: 'executable comment', on: ['mariadb'], write: (m) => m.query(`/*!50000 ${SET_TITLE} */`) },
  {
    title: 'several statements in one text',
    on: ['postgres', 'mariadb'],
    write: (m) =>
      m.query(`${SET_TITLE}; UPDATE wp_author SET name = 'x' WHERE id = 2; DELETE FROM wp_note WHERE id = 1`),
  },
  {
    title: 'several statements, the last of which fails',
    on: ['postgres', 'mariadb'],
    alone: true,
    write: (m) => m.query(`${SET_TITLE}; UPDATE wp_author SET nobody = 1`).catch(() => undefined),
  },
  {
    title: 'a long script, the last statement of which fails',
    on: ['postgres', 'mariadb'],
    alone: true,
    write: (m) => m.query(`${`${SET_TITLE}; `.repeat(1_500)} ${SET_TITLE} AND nobody = 1`).catch(() => undefined),
  },
  {
    title: 'ALTER TABLE that rewrites rows',
    alone: true,
    write: async (m) => {
      await m.query("ALTER TABLE wp_note ADD COLUMN extra varchar(5) DEFAULT 'x'");
      await m.query('ALTER TABLE wp_note DROP COLUMN extra');
    },
  },
  {
    title: 'statements side by side on one connection',
    on: ['postgres', 'mariadb'],
    write: (m) =>
      throughRunner(m, (runner) =>
        Promise.all([
          runner.query(SET_TITLE),
          runner.query(spelled(m, 'UPDATE wp_post SET title = :1 WHERE id = :2'), ['x', 2]),
          runner.query(spelled(m, 'UPDATE wp_post SET title = :1 WHERE id = :2'), ['y', 3]),
        ]),
      ),
  },
];

function schemaOf(manager: EntityManager): string {
  const { driver, options } = dataSourceOf(manager);
  if (options.type === 'postgres') return 'public';
  return options.type === 'mariadb' ? driver.database! : 'main';
}

function prepared(manager: EntityManager, statement: string): Promise<void> {
  return throughRunner(manager, async (runner) => {
    await runner.query(statement);
    await runner.query('EXECUTE wp');
    await runner.query('DEALLOCATE PREPARE wp');
  });
}

async function throughRunner(manager: EntityManager, work: (runner: QueryRunner) => Promise<unknown>): Promise<void> {
  if (manager.queryRunner) return void (await work(manager.queryRunner));
  const runner = dataSourceOf(manager).createQueryRunner();
  try {
    await work(runner);
  } finally {
    await runner.release();
  }
}
