import { Injectable } from '@nestjs/common';
import { BaseCacheManager } from '../../../../lib/index.js';
import {
  Article,
  Content,
  Frame,
  inheritanceEntities,
  Photo,
} from '../../../fixtures/entities/write-paths-inheritance.entities.js';
import type { Scene } from './scene.js';

@Injectable()
export class ContentCacheManager extends BaseCacheManager<Content> {
  model = Content;
}

@Injectable()
export class PhotoCacheManager extends BaseCacheManager<Photo> {
  model = Photo;
}

@Injectable()
export class ArticleCacheManager extends BaseCacheManager<Article> {
  model = Article;
}

@Injectable()
export class FrameCacheManager extends BaseCacheManager<Frame> {
  model = Frame;
  override relatedObjects = ['photo'] as const;
}

/** One table, three classes: a write through any of them reaches the entries of all. */
export const inheritance: Scene = {
  name: 'single-table inheritance',
  entities: inheritanceEntities,
  managers: [ContentCacheManager, PhotoCacheManager, ArticleCacheManager, FrameCacheManager],
  reset: [
    'DELETE FROM wp_frame',
    'DELETE FROM wp_content',
    `INSERT INTO wp_content (id, name, kind, width, text) VALUES (1, 'sea', 'photo', 10, ''), (2, 'hill', 'photo', 20, ''),
      (3, 'essay', 'article', 0, 'long'), (4, 'plain', 'Content', 0, '')`,
    'INSERT INTO wp_frame (id, photo_id) VALUES (1, 1), (2, 2), (3, NULL)',
  ],
  observers: [
    { sees: 'the photo through its base', manager: ContentCacheManager, id: 1 },
    { sees: 'another photo through its base', manager: ContentCacheManager, id: 2 },
    { sees: 'all contents', manager: ContentCacheManager },
    { sees: 'the photo', manager: PhotoCacheManager, id: 1 },
    { sees: 'another photo', manager: PhotoCacheManager, id: 2 },
    { sees: 'the photos', manager: PhotoCacheManager },
    { sees: 'an article', manager: ArticleCacheManager, id: 3 },
    { sees: 'the articles', manager: ArticleCacheManager },
    { sees: 'its frame', manager: FrameCacheManager, id: 1 },
    { sees: 'another frame', manager: FrameCacheManager, id: 2 },
    { sees: 'an empty frame', manager: FrameCacheManager, id: 3 },
  ],
  paths: [
    { title: 'save a child', write: (m) => m.save(Photo, { id: 1, name: 'ocean' }) },
    {
      title: 'save a child as its base',
      write: async (m) =>
        m.save(Content, Object.assign(await m.findOneByOrFail(Content, { id: 1 }), { name: 'ocean' })),
    },
    { title: 'save a new child', write: (m) => m.save(Photo, { name: 'lake', width: 5 }) },
    { title: 'insert a child', write: (m) => m.insert(Article, { name: 'ode', text: 'short' }) },
    { title: 'update through the base', write: (m) => m.update(Content, 1, { name: 'ocean' }) },
    { title: 'update through the child', write: (m) => m.update(Photo, 1, { width: 99 }) },
    { title: 'update all of a child', write: (m) => m.updateAll(Photo, { width: 99 }) },
    { title: 'update through the wrong child', write: (m) => m.update(Article, 1, { text: 'x' }) },
    { title: 'delete through the base', write: (m) => m.delete(Content, 1) },
    { title: 'delete through the child', write: (m) => m.delete(Photo, 1) },
    { title: 'remove', write: async (m) => m.remove(await m.findOneByOrFail(Photo, { id: 1 })) },
    { title: 'raw UPDATE of the kind', write: (m) => m.query("UPDATE wp_content SET kind = 'article' WHERE id = 1") },
    { title: 'save sets a to-one of a child class', write: (m) => m.save(Frame, { id: 3, photo: { id: 1 } }) },
  ],
};
