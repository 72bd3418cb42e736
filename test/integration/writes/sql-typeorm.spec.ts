import {
  ChildEntity,
  Column,
  CreateDateColumn,
  DataSource,
  DeleteDateColumn,
  Entity,
  JoinColumn,
  JoinTable,
  type Logger,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  TableInheritance,
  Tree,
  TreeChildren,
  TreeParent,
  UpdateDateColumn,
  VersionColumn,
} from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { readStatements } from '../../../lib/writes/sql/read-statements.js';
import type { Operand, SqlDialect, StatementEffect } from '../../../lib/writes/sql/statement-effect.js';
import { type DatabaseName, describeDatabases } from '../../support/databases.js';
import { isTypeOrm0 } from '../../support/typeorm.js';

@Entity()
class Tag {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ type: 'varchar', length: 100, unique: true }) name!: string;
}

@Entity()
class Author {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ type: 'varchar', length: 100 }) name!: string;
  @OneToMany(() => Post, (post) => post.author, { cascade: true }) posts!: Post[];
}

@Entity()
class Post {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ type: 'varchar', length: 100 }) title!: string;
  @Column({ type: 'integer', default: 0 }) views!: number;
  @VersionColumn() version!: number;
  @CreateDateColumn() createdAt!: Date;
  @UpdateDateColumn() updatedAt!: Date;
  @DeleteDateColumn() deletedAt!: Date | null;
  @ManyToOne(() => Author, (author) => author.posts, { onDelete: 'CASCADE', nullable: true }) author!: Author | null;
  @ManyToMany(() => Tag, { cascade: true }) @JoinTable() tags!: Tag[];
}

@Entity()
class OrderLine {
  @PrimaryColumn({ type: 'integer' }) orderId!: number;
  @PrimaryColumn({ type: 'varchar', length: 20 }) product!: string;
  @Column({ type: 'integer' }) quantity!: number;
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind', length: 20 } })
class Content {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ type: 'varchar', length: 100 }) title!: string;
}

@ChildEntity()
class Video extends Content {
  @Column({ type: 'integer', nullable: true }) length!: number;
}

/** Whatever reads like a function of the time, as names. */
@Entity('current_date')
class Awkward {
  @PrimaryGeneratedColumn({ name: 'random' }) id!: number;
  @Column({ type: 'varchar', length: 100, default: 'now' }) now!: string;
  @Column({ type: 'varchar', length: 100, name: 'current_user' }) user!: string;
  @Column({ type: 'integer', default: 0 }) date!: number;
  @ManyToOne(() => Awkward, { nullable: true })
  @JoinColumn({ name: 'current_timestamp' })
  session_user!: Awkward | null;
}

class Node {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ type: 'varchar', length: 100 }) name!: string;
}

@Entity()
@Tree('closure-table')
class Closure extends Node {
  @TreeParent({ onDelete: 'CASCADE' }) parent!: Closure | null;
  @TreeChildren() children!: Closure[];
}

@Entity()
@Tree('materialized-path')
class Path extends Node {
  @TreeParent() parent!: Path | null;
  @TreeChildren() children!: Path[];
}

@Entity()
@Tree('nested-set')
class Nested extends Node {
  @TreeParent() parent!: Nested | null;
  @TreeChildren() children!: Nested[];
}

const entities = [Tag, Author, Post, OrderLine, Awkward, Content, Video, Closure, Path, Nested];

/** Every statement TypeORM prints, with what the reader makes of it. */
class StatementRecorder implements Logger {
  readonly statements: { sql: string; parameters: readonly unknown[]; effects: readonly StatementEffect[] }[] = [];

  constructor(private readonly dialect: SqlDialect) {}

  logQuery(sql: string, parameters?: readonly unknown[]): void {
    this.statements.push({ sql, parameters: parameters ?? [], effects: readStatements(sql, this.dialect) });
  }
  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}

  /** The rows of each change, e.g. `update post id=1`. */
  changes(): string[] {
    return this.statements.flatMap(({ effects, parameters }) =>
      effects.flatMap((effect) => {
        if (effect.kind !== 'write') return [];
        return effect.writes.map(({ action, table, rows }) => {
          const alternatives = rows?.alternatives.map((columns) =>
            [...columns].map(([column, operand]) => `${column}=${valueOf(operand, parameters)}`).join('&'),
          );
          return [action, table.name, alternatives?.join('|')].filter(Boolean).join(' ');
        });
      }),
    );
  }
}

function valueOf(operand: Operand, parameters: readonly unknown[]): string {
  return String('parameter' in operand ? parameters[operand.parameter] : operand.literal);
}

const DIALECTS: Record<DatabaseName, SqlDialect> = { postgres: 'postgres', mariadb: 'mysql', sqljs: 'sqlite' };

describeDatabases('the statements of TypeORM', (database) => {
  const dialect = DIALECTS[database.name];
  const recorder = new StatementRecorder(dialect);
  let dataSource: DataSource;
  let tags = 0;

  beforeAll(async () => {
    dataSource = new DataSource({
      ...(await database.options()),
      entities,
      synchronize: true,
      logging: true,
      logger: recorder,
    });
    await dataSource.initialize();
  });
  afterAll(() => dataSource.destroy());
  beforeEach(() => void recorder.statements.splice(0));

  /** What the work changes, given that every statement of it could be placed. */
  async function changesOf(work: () => Promise<unknown>): Promise<string[]> {
    recorder.statements.splice(0);
    await work();
    const unknown = recorder.statements.filter(({ effects }) => effects.some(({ kind }) => kind === 'unknown'));
    expect(unknown.map(({ sql }) => sql)).toEqual([]);
    return recorder.changes();
  }

  async function savePost(): Promise<Post> {
    const { manager } = dataSource;
    return manager.save(manager.create(Post, { title: 'a', tags: [{ name: `tag${++tags}` }] }));
  }

  it('are all placed when the schema is built', async () => {
    await changesOf(() => dataSource.synchronize());
    await changesOf(async () => {
      await dataSource.query(dialect === 'mysql' ? 'DROP TABLE order_line' : 'DROP TABLE "order_line"');
      await dataSource.synchronize();
    });
    const sync = await dataSource.driver.createSchemaBuilder().log();
    expect(sync.upQueries).toEqual([]);
  });

  it('name the rows save() changes', async () => {
    let post!: Post;
    expect(await changesOf(async () => (post = await savePost()))).toEqual([
      'insert post',
      'insert tag',
      'insert post_tags_tag',
    ]);
    post.title = 'b';
    expect(await changesOf(() => dataSource.manager.save(post))).toEqual([`update post id=${post.id}`]);
    expect(recorder.statements.flatMap(({ effects }) => effects).filter(({ kind }) => kind === 'transaction')).toEqual([
      { kind: 'transaction', verb: 'begin' },
      { kind: 'transaction', verb: 'commit' },
    ]);
  });

  it('name the rows of update, softDelete, restore, increment and delete', async () => {
    const { id } = await savePost();
    const posts = dataSource.getRepository(Post);
    expect(await changesOf(() => posts.update(id, { title: 'c' }))).toEqual([`update post id=${id}`]);
    expect(await changesOf(() => posts.update([id, 99], { title: 'c' }))).toEqual([`update post id=${id}|id=99`]);
    expect(await changesOf(() => posts.update({ id, title: 'c' }, { views: 1 }))).toEqual([
      `update post id=${id}&title=c`,
    ]);
    expect(await changesOf(() => posts.softDelete(id))).toEqual([`update post id=${id}`]);
    expect(await changesOf(() => posts.restore(id))).toEqual([`update post id=${id}`]);
    expect(await changesOf(() => posts.increment({ id }, 'views', 2))).toEqual([`update post id=${id}`]);
    expect(
      await changesOf(() => posts.createQueryBuilder().update().set({ views: 1 }).whereInIds([id]).execute()),
    ).toEqual([`update post id=${id}`]);
    expect(await changesOf(() => posts.delete(id))).toEqual([`delete post id=${id}`]);
  });

  it('name no rows where the text names none', async () => {
    const posts = dataSource.getRepository(Post);
    expect(await changesOf(() => posts.update({ title: 'none' }, { views: 1 }))).toEqual(['update post title=none']);
    expect(
      await changesOf(() => posts.createQueryBuilder().update().set({ views: 1 }).where('id > 5').execute()),
    ).toEqual(['update post']);
    expect(await changesOf(() => posts.createQueryBuilder().delete().where('views > 100').execute())).toEqual([
      'delete post',
    ]);
    expect(
      await changesOf(() =>
        dataSource
          .getRepository(Video)
          .clear()
          .catch(() => undefined),
      ),
    ).toContainEqual(dialect === 'sqlite' ? 'delete content' : 'truncate content');
  });

  it('name the rows of softRemove, recover and remove, one and many', async () => {
    const { manager } = dataSource;
    const [one, two] = await manager.save(['x', 'y'].map((title) => manager.create(Post, { title })));
    if (!one || !two) throw new Error('Saving two posts gave fewer.');
    const either = `id=${one.id}|id=${two.id}`;
    expect(await changesOf(() => dataSource.manager.softRemove(one))).toEqual([`update post id=${one.id}`]);
    expect(await changesOf(() => dataSource.manager.recover(one))).toEqual([`update post id=${one.id}`]);
    const ids = (await changesOf(() => dataSource.manager.remove([one, two]))).filter((change) =>
      change.includes(' post '),
    );
    expect(ids.join('|').replaceAll('delete post ', '')).toBe(either);
  });

  it('name the rows of composite keys', async () => {
    const lines = dataSource.getRepository(OrderLine);
    const [first, second] = [1, 2].map((orderId) => lines.create({ orderId, product: "o'x", quantity: 1 }));
    expect(await changesOf(() => lines.save([first!, second!]))).toEqual(['insert order_line']);
    first!.quantity = 2;
    expect(await changesOf(() => lines.save(first!))).toEqual(["update order_line orderId=1&product=o'x"]);
    expect(await changesOf(() => lines.remove([first!, second!]))).toEqual([
      "delete order_line orderId=1&product=o'x|orderId=2&product=o'x",
    ]);
  });

  it('tell an upsert from an insert', async () => {
    const tags = dataSource.getRepository(Tag);
    expect(await changesOf(() => tags.insert({ name: 'x' }))).toEqual(['insert tag']);
    expect(await changesOf(() => tags.upsert({ name: 'x' }, ['name']))).toEqual(['upsert tag']);
    const ignored = tags.createQueryBuilder().insert().values({ name: 'x' }).orIgnore();
    expect(await changesOf(() => ignored.execute())).toEqual(['insert tag']);
    const updated = tags.createQueryBuilder().insert().values({ id: 1, name: 'y' }).orUpdate(['name'], ['id']);
    expect(await changesOf(() => updated.execute())).toEqual(['upsert tag']);
  });

  it('name junction and child rows of relations', async () => {
    const post = await savePost();
    const author = await dataSource.manager.save(dataSource.manager.create(Author, { name: 'a' }));
    const relation = (path: string) => dataSource.createQueryBuilder().relation(Post, path).of(post.id);
    const tag = post.tags[0]!;
    expect(await changesOf(() => relation('tags').remove(tag.id))).toEqual([
      `delete post_tags_tag postId=${post.id}&tagId=${tag.id}`,
    ]);
    expect(await changesOf(() => relation('tags').add(tag.id))).toEqual(['insert post_tags_tag']);
    expect(await changesOf(() => relation('author').set(author.id))).toEqual([`update post id=${post.id}`]);
    const orphaned = Object.assign(author, { posts: [] });
    expect(await changesOf(() => dataSource.manager.save(orphaned))).toEqual([`update post id=${post.id}`]);
    post.tags = [];
    expect((await changesOf(() => dataSource.manager.save(post))).sort()).toContainEqual(
      `delete post_tags_tag postId=${post.id}&tagId=${tag.id}`,
    );
  });

  it('name the rows of single table inheritance', async () => {
    const video = await dataSource.manager.save(dataSource.manager.create(Video, { title: 'v', length: 1 }));
    expect(await changesOf(() => dataSource.manager.update(Video, video.id, { length: 2 }))).toEqual([
      `update content id=${video.id}&kind=Video`,
    ]);
    const { id } = video;
    expect(await changesOf(() => dataSource.manager.remove(video))).toContainEqual(
      `delete content id=${id}&kind=Video`,
    );
  });

  it.each([Closure, Path, Nested])('are all placed for trees: $name', async (entity) => {
    const trees = dataSource.manager.getTreeRepository<Node & { parent: Node | null }>(entity);
    const changes = await changesOf(async () => {
      const root = await trees.save({ name: 'root', parent: null });
      const child = await trees.save({ name: 'child', parent: root });
      const leaf = await trees.save({ name: 'leaf', parent: child });
      await trees.findDescendantsTree(root);
      await trees.findAncestors(leaf);
      if (entity !== Nested) await trees.save(Object.assign(leaf, { parent: root }));
      await trees.remove(leaf);
    });
    expect(changes.length).toBeGreaterThan(3);
  });

  it('tell the tables of reads', async () => {
    await changesOf(async () => {
      await dataSource.manager.find(Post, {
        relations: { author: true, tags: true },
        take: 3,
        order: { title: 'ASC' },
      });
      await dataSource.manager.findAndCount(Post, { where: { tags: { name: 'x' } } });
    });
    const tables = recorder.statements.flatMap(({ effects }) =>
      effects.map((effect) =>
        effect.kind === 'read'
          ? effect.tables
              .map((table) => table.name)
              .sort()
              .join()
          : effect.kind,
      ),
    );
    expect(tables.length).toBeGreaterThan(1);
    expect(tables[0]).toBe('author,post,post_tags_tag,tag');
    expect(new Set(tables)).toEqual(new Set(['author,post,post_tags_tag,tag', 'post,post_tags_tag,tag']));
  });

  it('read nothing that changes without a write', async () => {
    await changesOf(async () => {
      const { manager } = dataSource;
      const one = await manager.save(manager.create(Awkward, { user: 'user', session_user: null }));
      await manager.save(manager.create(Awkward, { user: 'now', session_user: one }));
      recorder.statements.splice(0);
      const where = { now: 'now', user: 'today', session_user: { now: 'tomorrow', date: 1 } };
      await manager.find(Awkward, {
        where,
        relations: { session_user: true },
        order: { now: 'ASC', date: 'DESC' },
        take: 3,
      });
      // TypeORM 0.3 gives both sides of a relation to itself one alias.
      if (!isTypeOrm0)
        await manager.find(Awkward, { relations: { session_user: true }, relationLoadStrategy: 'query' });
      await manager.findOneBy(Awkward, { id: 1 });
      await manager.countBy(Awkward, where);
      await manager.createQueryBuilder(Awkward, 'now').innerJoin('now.session_user', 'random').getRawMany();
      await manager.createQueryBuilder(Awkward, 'date').where('date.now IS NOT NULL').getExists();
      await manager.find(Post, { relations: { author: true, tags: true }, where: { tags: { name: 'now' } }, take: 1 });
      await manager.find(Video, { order: { title: 'ASC' } });
      await manager.getTreeRepository(Closure).findTrees();
      await manager.getTreeRepository(Path).findTrees();
    });
    expect(recorder.statements.length).toBeGreaterThan(9);
    const reads = recorder.statements.flatMap(({ sql, effects }) => effects.map((effect) => ({ sql, effect })));
    expect(
      reads.filter(({ effect }) => effect.kind !== 'read' || effect.volatile !== undefined || effect.moves),
    ).toEqual([]);
  });

  it('tell nested transactions', async () => {
    const tags = dataSource.getRepository(Tag);
    const abandoned = async (): Promise<void> => {
      await dataSource.transaction(async (outer) => {
        await outer.transaction((inner) => inner.update(Tag, 1, { name: 'p' }));
        await outer.transaction(async () => Promise.reject(new Error('no'))).catch(() => undefined);
        throw new Error('no');
      });
    };
    await changesOf(() => abandoned().catch(() => tags.count()));
    const verbs = recorder.statements.flatMap(({ effects }) =>
      effects.flatMap((effect) =>
        effect.kind === 'transaction' ? [`${effect.verb} ${effect.name ?? ''}`.trim()] : [],
      ),
    );
    expect(verbs).toEqual([
      'begin',
      'savepoint typeorm_1',
      'release typeorm_1',
      'savepoint typeorm_1',
      'rollback-to typeorm_1',
      'rollback',
    ]);
  });
});
