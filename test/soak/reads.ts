import type { Random } from './random.js';
import { type Article, type Author, type Remark, sizes } from './entities.js';
import type {
  ArticleCacheManager,
  AuthorCacheManager,
  BareArticleCacheManager,
  RemarkCacheManager,
} from './managers.js';
import type { RowSet, ShownRow } from './messages.js';

export interface Readers {
  readonly articles: ArticleCacheManager;
  readonly bare: BareArticleCacheManager;
  readonly authors: AuthorCacheManager;
  readonly remarks: RemarkCacheManager;
}

/** A read and what it showed. */
export type Read = () => Promise<RowSet[]>;

/** One of every kind of cached read there is, with what it is called in a report. */
export function randomRead(
  { articles, bare, authors, remarks }: Readers,
  random: Random,
): readonly [what: string, read: Read] {
  const id = random.between(1, sizes.article);
  const manager = random.chance(0.6) ? articles : bare;
  const name = manager.getCacheKey();
  switch (random.between(1, 17)) {
    case 1:
      return [`${name}.all()`, async () => articleSets({}, await manager.all())];
    case 2: {
      const shelf = random.between(1, sizes.shelf);
      const query = () => manager.all({ suffix: `shelf-${shelf}`, where: { shelf } });
      return [`${name}.all(shelf ${shelf})`, async () => articleSets({ where: ['shelf', shelf] }, await query())];
    }
    case 3:
    case 4: {
      const slug = `slug-${random.between(1, sizes.slug)}`;
      const query = () => manager.get(slug, { where: { slug }, raiseException: false });
      return [
        `${name}.get(${slug})`,
        async () => articleSets({ where: ['slug', slug], isUnique: true }, listOf(await query())),
      ];
    }
    case 5:
    case 6: {
      const ids = [...new Set([id, random.between(1, sizes.article), random.between(1, sizes.article)])];
      return [
        `${name}.getMany(${ids.join()})`,
        async () => articleSets({ rows: ids.map(String) }, await manager.getMany(ids)),
      ];
    }
    case 7: {
      const author = random.between(1, sizes.author);
      const query = () => authors.get(author, { raiseException: false });
      return [`author.get(${author})`, async () => [setOf('author', { rows: [`${author}`] }, listOf(await query()))]];
    }
    case 8:
      return ['author.all()', async () => [setOf('author', {}, await authors.all())]];
    case 9: {
      const remark = random.between(1, sizes.remark);
      const query = () => remarks.get(remark, { raiseException: false });
      return [`remark.get(${remark})`, async () => remarkSets({ rows: [`${remark}`] }, listOf(await query()))];
    }
    case 10: {
      const query = () => remarks.all({ where: { articleId: id } });
      return [`remark.all(of ${id})`, async () => remarkSets({ where: ['article_id', id] }, await query())];
    }
    // Without what most writes change.
    case 11:
    case 12: {
      const shelf = random.between(1, sizes.shelf);
      const query = () => bare.all().filter({ shelf }).select({ id: true }).cache();
      const shown = async () => (await query()).map(({ id: row }): ShownRow => [`${row}`, null]);
      return [
        `bare.ids(shelf ${shelf})`,
        async () => [{ table: 'article', where: ['shelf', shelf], shown: await shown() }],
      ];
    }
    case 13: {
      const query = () => bare.all().orderBy({ id: 'ASC' }).limit(FIRST).cache();
      return [`bare.first(${FIRST})`, async () => firstSets(await query())];
    }
    default: {
      const query = () => manager.get(id, { raiseException: false });
      return [`${name}.get(${id})`, async () => articleSets({ rows: [`${id}`] }, listOf(await query()))];
    }
  }
}

/** Rows of a part of a list. */
const FIRST = 3;

/** None before the last one is left out; where there are fewer, none at all. */
function firstSets(articles: readonly Article[]): RowSet[] {
  const last = articles.length < FIRST ? sizes.article : articles.at(-1)!.id;
  return articleSets({ rows: Array.from({ length: last }, (_, i) => `${i + 1}`) }, articles);
}

type Asked = Pick<RowSet, 'rows' | 'where' | 'isUnique'>;

function articleSets(asked: Asked, articles: readonly Article[]): RowSet[] {
  return [setOf('article', asked, articles), ...articles.flatMap(relatedSets)];
}

function relatedSets({ id, author, authorId, remarks, labels }: Article): RowSet[] {
  const sets: RowSet[] = [];
  if (author !== undefined && authorId !== null) sets.push(setOf('author', { rows: [`${authorId}`] }, listOf(author)));
  if (remarks) sets.push(setOf('remark', { where: ['article_id', id] }, remarks));
  if (labels) {
    const shown = labels.map((label): ShownRow => [`${id}-${label.id}`, null]);
    sets.push({ table: 'article_label', where: ['article_id', id], shown });
    sets.push(setOf('label', { rows: labels.map((label) => `${label.id}`) }, labels));
  }
  return sets;
}

function remarkSets(asked: Asked, remarks: readonly Remark[]): RowSet[] {
  return [
    setOf('remark', asked, remarks),
    ...remarks.flatMap(({ articleId, article }) => articleSets({ rows: [`${articleId}`] }, listOf(article))),
  ];
}

function setOf(
  table: string,
  asked: Asked,
  rows: readonly (Article | Author | Remark | { id: number; stamp: number })[],
): RowSet {
  return { table, ...asked, shown: rows.map(({ id, stamp }): ShownRow => [`${id}`, stamp]) };
}

function listOf<T>(entity: T | null | undefined): T[] {
  return entity ? [entity] : [];
}
