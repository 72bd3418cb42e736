import { Injectable } from '@nestjs/common';
import { BaseCacheManager } from '../../../../lib/index.js';
import {
  Author,
  Comment,
  Note,
  Post,
  postEntities,
  Reaction,
  Tag,
} from '../../../fixtures/entities/write-paths.entities.js';
import { queryBuilderPaths } from './query-builder.paths.js';
import { rawSqlPaths } from './raw-sql.paths.js';
import { repositoryPaths } from './repository.paths.js';
import type { Scene } from './scene.js';
import { transactionPaths } from './transaction.paths.js';

@Injectable()
export class PostCacheManager extends BaseCacheManager<Post> {
  model = Post;
}

@Injectable()
export class WholePostCacheManager extends BaseCacheManager<Post> {
  model = Post;
  override cacheKey = 'whole-post';
  override relatedObjects = ['author', 'cover'] as const;
  override prefetchRelatedObjects = ['tags', 'comments', 'notes'] as const;
}

@Injectable()
export class AuthorCacheManager extends BaseCacheManager<Author> {
  model = Author;
  override prefetchRelatedObjects = ['posts'] as const;
}

@Injectable()
export class TagCacheManager extends BaseCacheManager<Tag> {
  model = Tag;
  override prefetchRelatedObjects = ['posts'] as const;
}

@Injectable()
export class CommentCacheManager extends BaseCacheManager<Comment> {
  model = Comment;
  override relatedObjects = ['post', 'post.author'] as const;
}

@Injectable()
export class NoteCacheManager extends BaseCacheManager<Note> {
  model = Note;
}

@Injectable()
export class ReactionCacheManager extends BaseCacheManager<Reaction> {
  model = Reaction;
  override relatedObjects = ['comment'] as const;
}

/** Post 1 is "the row"; post 4 and author 3 are soft-deleted; author 2 and tag 2 have no posts. */
export const posts: Scene = {
  name: 'posts',
  entities: postEntities,
  managers: [
    PostCacheManager,
    WholePostCacheManager,
    AuthorCacheManager,
    TagCacheManager,
    CommentCacheManager,
    NoteCacheManager,
    ReactionCacheManager,
  ],
  reset: [
    ...['reaction', 'note', 'comment', 'cover', 'post_tag', 'post', 'tag', 'author'].map(
      (table) => `DELETE FROM wp_${table}`,
    ),
    "INSERT INTO wp_author (id, name, removed_at) VALUES (1, 'ann', NULL), (2, 'bob', NULL), (3, 'eve', '2020-01-01 00:00:00'), (4, 'cid', NULL)",
    "INSERT INTO wp_tag (id, name) VALUES (1, 'old'), (2, 'unused'), (3, 'other')",
    `INSERT INTO wp_post (id, slug, title, author_id, removed_at) VALUES (1, 'first', 'one', 1, NULL), (2, 'second', 'two', 4, NULL),
      (3, 'third', 'three', NULL, NULL), (4, 'ghost', 'four', 1, '2020-01-01 00:00:00'), (5, 'fifth', 'five', 3, NULL)`,
    'INSERT INTO wp_post_tag (post_id, tag_id) VALUES (1, 1), (2, 1), (2, 3)',
    "INSERT INTO wp_comment (id, body, post_id) VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', NULL), (4, 'd', 4), (5, 'e', 1)",
    "INSERT INTO wp_cover (id, image, post_id) VALUES (1, 'sea', 2), (2, 'hill', NULL)",
    "INSERT INTO wp_note (id, body, post_id) VALUES (1, 'n', 1), (2, 'm', 2)",
    "INSERT INTO wp_reaction (id, kind, comment_id) VALUES (1, 'yes', 1), (2, 'no', 2)",
  ],
  observers: [
    { sees: 'the row', manager: PostCacheManager, id: 1 },
    { sees: 'the row by slug', manager: PostCacheManager, where: { slug: 'first' } },
    { sees: 'the row by a filter', manager: PostCacheManager, where: { title: 'one' } },
    { sees: 'another row', manager: PostCacheManager, id: 2 },
    { sees: 'the list', manager: PostCacheManager },
    { sees: 'a list by a to-one', manager: PostCacheManager, filter: { author: { name: 'ann' } } },
    { sees: 'a list with the row as to-one', manager: CommentCacheManager },
    { sees: 'a detail with the row as to-one', manager: CommentCacheManager, id: 1 },
    { sees: 'a detail with another row as to-one', manager: CommentCacheManager, id: 2 },
    { sees: 'a to-one that is null', manager: CommentCacheManager, id: 3 },
    { sees: 'a to-one that is soft-deleted', manager: CommentCacheManager, id: 4 },
    { sees: 'the row as member', manager: AuthorCacheManager, id: 1 },
    { sees: 'a to-many without members', manager: AuthorCacheManager, id: 2 },
    { sees: 'the row as many-to-many member', manager: TagCacheManager, id: 1 },
    { sees: 'a many-to-many without members', manager: TagCacheManager, id: 2 },
    { sees: 'the row with all relations', manager: WholePostCacheManager, id: 1 },
    { sees: 'another with all relations', manager: WholePostCacheManager, id: 2 },
    { sees: 'a row with a soft-deleted to-one', manager: WholePostCacheManager, id: 5 },
    { sees: 'the list with all relations', manager: WholePostCacheManager },
    { sees: 'a note of the row', manager: NoteCacheManager, id: 1 },
    { sees: 'a note of another row', manager: NoteCacheManager, id: 2 },
    { sees: 'a reaction, two keys away', manager: ReactionCacheManager, id: 1 },
    { sees: 'another reaction', manager: ReactionCacheManager, id: 2 },
    { sees: 'the reactions', manager: ReactionCacheManager },
  ],
  paths: [...repositoryPaths, ...queryBuilderPaths, ...rawSqlPaths, ...transactionPaths],
};
