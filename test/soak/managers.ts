import { Injectable } from '@nestjs/common';
import { BaseCacheManager } from '../../lib/index.js';
import { Article, Author, Remark, Scroll } from './entities.js';

// Lifetimes: short enough to expire often, long enough that what a dead writer left behind is still there after its hold.

@Injectable()
export class ArticleCacheManager extends BaseCacheManager<Article> {
  model = Article;
  relatedObjects = ['author'] as const;
  prefetchRelatedObjects = ['remarks', 'labels'] as const;
  usePrefetchRelatedForList = false;
  listTimeout = 6;
  detailTimeout = 8;
}

/** Nothing but rows of one table: the most precise clocks there are. */
@Injectable()
export class BareArticleCacheManager extends BaseCacheManager<Article> {
  model = Article;
  cacheKey = 'bare';
  listTimeout = 6;
  detailTimeout = 8;
}

@Injectable()
export class AuthorCacheManager extends BaseCacheManager<Author> {
  model = Author;
  listTimeout = 6;
  detailTimeout = 8;
}

@Injectable()
export class RemarkCacheManager extends BaseCacheManager<Remark> {
  model = Remark;
  relatedObjects = ['article', 'article.author'] as const;
  listTimeout = 6;
  detailTimeout = 8;
}

@Injectable()
export class ScrollCacheManager extends BaseCacheManager<Scroll> {
  model = Scroll;
  listTimeout = 1;
}

export const managers = [
  ArticleCacheManager,
  BareArticleCacheManager,
  AuthorCacheManager,
  RemarkCacheManager,
  ScrollCacheManager,
];
