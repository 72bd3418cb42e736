import { setTimeout as sleep } from 'node:timers/promises';
import { type EntityManager, In, LessThan, type QueryRunner } from 'typeorm';
import { Article, Author, Label, Remark, sizes } from './entities.js';
import type { Random } from './random.js';

export interface WriteContext {
  readonly manager: EntityManager;
  readonly runner: QueryRunner;
  readonly random: Random;
  /** Call right before what makes the write visible, where that is not its beginning. */
  committing(): void;
}

type Write = (context: WriteContext) => Promise<unknown>;

/** Writes of one statement. */
const statements: Readonly<Record<string, Write>> = {
  'update by key': ({ manager, random }) => manager.update(Article, article(random), { note: note(random) }),
  'update of authors by keys': ({ manager, random }) =>
    manager.update(Author, [anAuthor(random), anAuthor(random)], { note: note(random) }),
  'update by filter': ({ manager, random }) =>
    manager.update(Article, { shelf: shelf(random) }, { note: note(random) }),
  'shelf changes': ({ manager, random }) => manager.update(Article, article(random), { shelf: shelf(random) }),
  'slug changes': ({ manager, random }) => manager.update(Article, article(random), { slug: slug(random) }),
  increment: ({ manager, random }) => manager.increment(Article, { id: article(random) }, 'note', 1),
  'increment of a label': ({ manager, random }) => manager.increment(Label, { id: label(random) }, 'note', 1),
  'query builder': ({ manager, random }) =>
    manager
      .createQueryBuilder()
      .update(Remark)
      .set({ note: note(random) })
      .where('id IN (:...ids)', { ids: [remark(random), remark(random)] })
      .execute(),
  'raw SQL': ({ manager, random }) =>
    manager.query(`UPDATE article SET note = ${note(random)} WHERE id = ${article(random)}`),
  'raw SQL of an expression': ({ manager, random }) =>
    manager.query(`UPDATE author SET note = note + 1 WHERE id % 4 = ${random.between(0, 3)}`),
  upsert: ({ manager, random }) => manager.upsert(Article, newArticle(random), ['id']),
  'insert of an article': ({ manager, random }) => manager.insert(Article, newArticle(random)),
  'insert of a remark': ({ manager, random }) =>
    manager.insert(Remark, { id: remark(random), articleId: article(random) }),
  'delete of an article': ({ manager, random }) => manager.delete(Article, fewArticle(random)),
  'delete by filter': ({ manager, random }) =>
    manager.delete(Remark, { articleId: article(random), note: LessThan(300_000) }),
  'soft delete of an article': ({ manager, random }) => manager.softDelete(Article, fewArticle(random)),
  'restore of articles': ({ manager, random }) =>
    manager.restore(Article, { id: In([fewArticle(random), fewArticle(random)]) }),
  'soft delete of an author': ({ manager, random }) => manager.softDelete(Author, random.between(1, 2)),
  'restore of an author': ({ manager, random }) => manager.restore(Author, random.between(1, 2)),
  'author changes': ({ manager, random }) =>
    manager.createQueryBuilder().relation(Article, 'author').of(article(random)).set(anAuthor(random)),
  'remark moves': ({ manager, random }) => manager.update(Remark, remark(random), { articleId: article(random) }),
  'label added': ({ manager, random }) =>
    manager.createQueryBuilder().relation(Article, 'labels').of(article(random)).add(label(random)),
  'label removed': ({ manager, random }) =>
    manager.createQueryBuilder().relation(Article, 'labels').of(article(random)).remove(label(random)),
};

/** TypeORM's own transactions. Inside a raw BEGIN, which TypeORM does not see, they would commit it. */
const saves: Readonly<Record<string, Write>> = {
  save: ({ manager, random }) => manager.save(Article, newArticle(random)),
  'save of a relation': async ({ manager, random }) => {
    const found = await manager.findOne(Article, { where: { id: article(random) }, relations: { labels: true } });
    if (!found) return;
    const labels = [...new Set([label(random), label(random)])].map((id) => manager.create(Label, { id }));
    await manager.save(Object.assign(found, { labels, note: note(random) }), { listeners: random.chance(0.5) });
  },
  remove: async ({ manager, random }) => {
    const found = await manager.findOneBy(Remark, { id: remark(random) });
    if (found) await manager.remove(found);
  },
};

/** Writes that are visible at the end, or never. */
const transactions: Readonly<Record<string, Write>> = {
  transaction: (context) =>
    context.manager.transaction(async (manager) => {
      await several({ ...context, manager });
      context.committing();
    }),
  'transaction rolled back': (context) =>
    undone(
      context.manager.transaction(async (manager) => {
        await several({ ...context, manager });
        throw new RolledBack();
      }),
    ),
  savepoint: (context) =>
    context.manager.transaction(async (manager) => {
      await several({ ...context, manager });
      const kept = context.random.chance(0.5);
      const inner = manager.transaction(async (nested) => {
        await several({ ...context, manager: nested });
        if (!kept) throw new RolledBack();
      });
      await undone(inner);
      context.committing();
    }),
  'raw BEGIN': async (context) => {
    const { runner, random, committing } = context;
    await runner.query('BEGIN');
    try {
      await several(context, statements);
    } catch (error) {
      await runner.query('ROLLBACK');
      throw error;
    }
    committing();
    await runner.query(random.chance(0.6) ? 'COMMIT' : 'ROLLBACK');
  },
};

class RolledBack extends Error {}

/** Most writes are single statements, as in an application. */
export function randomWrite(random: Random): readonly [path: string, write: Write] {
  return random.pick(Object.entries(random.chance(0.3) ? transactions : { ...statements, ...saves }));
}

async function several(context: WriteContext, of = { ...statements, ...saves }): Promise<void> {
  const { random } = context;
  for (let left = random.between(1, 3); left > 0; left--) {
    await random.pick(Object.values(of))(context);
    if (random.chance(0.5)) await sleep(random.between(0, 15));
  }
}

async function undone(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof RolledBack)) throw error;
  });
}

const article = (random: Random) => random.between(1, sizes.article);
/** Only a few come and go: reads that find nothing say little. */
const fewArticle = (random: Random) => random.between(1, 4);
const anAuthor = (random: Random) => random.between(1, sizes.author);
const remark = (random: Random) => random.between(1, sizes.remark);
const label = (random: Random) => random.between(1, sizes.label);
const shelf = (random: Random) => random.between(1, sizes.shelf);
const slug = (random: Random) => `slug-${random.between(1, sizes.slug)}`;
const note = (random: Random) => random.between(0, 1_000_000);

function newArticle(random: Random) {
  return {
    id: random.chance(0.6) ? fewArticle(random) : article(random),
    slug: slug(random),
    shelf: shelf(random),
    note: note(random),
    authorId: anAuthor(random),
  };
}
