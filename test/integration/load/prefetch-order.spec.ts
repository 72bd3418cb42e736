import { Injectable } from '@nestjs/common';
import {
  Column,
  Entity,
  type FindManyOptions,
  type FindOptionsOrder,
  JoinTable,
  ManyToMany,
  ManyToOne,
  type ObjectLiteral,
  OneToMany,
  PrimaryGeneratedColumn,
  type Relation,
  RelationId,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { expectSame } from '../../support/expect-same.js';
import { expectReadsLikeFind } from '../../support/reads-like-find.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('country')
class Country {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  name: string;
}

class Details {
  @Column()
  size: number;

  @ManyToOne(() => Country, { eager: true, nullable: true })
  made: Country | null;

  @ManyToOne(() => Country, { nullable: true })
  sold: Country | null;

  @ManyToMany(() => Country)
  @JoinTable({ name: 'album_seen' })
  seen: Country[];
}

/** Without a column of its own: there is no object before there is a relation. */
class Links {
  @ManyToOne(() => Country, { eager: true, nullable: true })
  first: Country | null;

  @ManyToOne(() => Country, { nullable: true })
  second: Country | null;
}

@Entity('album')
class Album {
  @PrimaryGeneratedColumn()
  id: number;

  @ManyToOne(() => Country, { eager: true, nullable: true })
  country: Country | null;

  @OneToMany(() => Photo, (photo) => photo.album)
  photos: Relation<Photo>[];

  @RelationId((album: Album) => album.photos)
  photoIds: number[];

  @Column(() => Details)
  details: Details;

  @Column(() => Links)
  links: Links;

  @ManyToMany(() => Country)
  @JoinTable({ name: 'album_countries' })
  countries: Country[];

  @ManyToOne(() => Country, { nullable: true })
  owner: Country | null;

  @RelationId((album: Album) => album.owner)
  ownerId: number;

  @Column()
  name: string;
}

@Entity('photo')
class Photo {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  rank: number;

  @Column({ type: 'varchar', length: 20, nullable: true })
  title: string | null;

  @ManyToOne(() => Album, (album) => album.photos)
  album: Album;

  @ManyToOne(() => Country, { eager: true, nullable: true })
  taken: Country | null;
}

@Entity({ name: 'chapter', orderBy: { rank: 'DESC' } })
class Chapter {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  rank: number;

  @ManyToOne(() => Book, (book) => book.chapters)
  book: Relation<Book>;
}

/** Its only relations after the columns are two, one of them eager. */
@Entity('frame')
class Frame {
  @PrimaryGeneratedColumn()
  id: number;

  @ManyToOne(() => Country, { eager: true, nullable: true })
  made: Country | null;

  @ManyToOne(() => Country, { nullable: true })
  sold: Country | null;
}

/** The same, one level down. */
@Entity('wall')
class Wall {
  @PrimaryGeneratedColumn()
  id: number;

  @ManyToOne(() => Frame)
  frame: Frame;
}

@Entity('book')
class Book {
  @PrimaryGeneratedColumn()
  id: number;

  @OneToMany(() => Chapter, (chapter) => chapter.book)
  chapters: Chapter[];
}

const EVERY = ['photos', 'countries', 'owner', 'details.sold', 'details.seen', 'links.second'] as const;

@Injectable()
class AlbumCacheManager extends BaseCacheManager<Album> {
  model = Album;
  prefetchRelatedObjects = EVERY;
}

@Injectable()
class MixedAlbumCacheManager extends BaseCacheManager<Album> {
  model = Album;
  cacheKey = 'mixed';
  relatedObjects = ['owner', 'links.second'] as const;
  prefetchRelatedObjects = ['photos', 'details.seen'] as const;
}

@Injectable()
class EagerAlbumCacheManager extends BaseCacheManager<Album> {
  model = Album;
  cacheKey = 'eager';
  prefetchRelatedObjects = ['owner', 'country', 'photos.taken'] as const;
}

@Injectable()
class PhotoCacheManager extends BaseCacheManager<Photo> {
  model = Photo;
  prefetchRelatedObjects = ['album.photos', 'album.owner'] as const;
}

@Injectable()
class PhotosCacheManager extends BaseCacheManager<Album> {
  model = Album;
  cacheKey = 'photos';
  prefetchRelatedObjects = ['photos'] as const;
}

@Injectable()
class FrameCacheManager extends BaseCacheManager<Frame> {
  model = Frame;
  prefetchRelatedObjects = ['sold', 'made'] as const;
}

@Injectable()
class WallCacheManager extends BaseCacheManager<Wall> {
  model = Wall;
  prefetchRelatedObjects = ['frame.sold', 'frame.made'] as const;
}

@Injectable()
class JoinedWallCacheManager extends BaseCacheManager<Wall> {
  model = Wall;
  cacheKey = 'joined-wall';
  relatedObjects = ['frame'] as const;
  prefetchRelatedObjects = ['frame.sold', 'frame.made'] as const;
}

@Injectable()
class BookCacheManager extends BaseCacheManager<Book> {
  model = Book;
  prefetchRelatedObjects = ['chapters'] as const;
}

/** A class whose fields TypeScript does not define (before ES2022) has no properties before there are values, as here. */
async function setUp(database: TestDatabase, entitySkipConstructor = true) {
  const app = await createTestApp({
    database: {
      ...(await database.options()),
      entities: [Country, Album, Photo, Chapter, Book, Frame, Wall],
      synchronize: true,
      entitySkipConstructor,
    } as never,
    managers: [
      AlbumCacheManager,
      MixedAlbumCacheManager,
      EagerAlbumCacheManager,
      PhotoCacheManager,
      PhotosCacheManager,
      BookCacheManager,
      FrameCacheManager,
      WallCacheManager,
      JoinedWallCacheManager,
    ],
  });
  const { manager } = app.dataSource;
  const [here, there] = await manager.save(Country, [{ name: 'here' }, { name: 'there' }]);
  const [full, bare] = await manager.save(Album, [
    {
      country: here!,
      details: { size: 1, made: here!, sold: there!, seen: [here!, there!] },
      links: { first: there!, second: here! },
      countries: [there!],
      owner: here!,
      name: 'full',
    },
    { details: { size: 2 }, name: 'bare' },
  ]);
  await manager.insert(Photo, [
    { rank: 1, title: 'b', album: full!, taken: there! },
    { rank: 3, title: 'a', album: full! },
    { rank: 2, title: null, album: bare!, taken: here! },
    { rank: 9, title: 'c', album: full!, taken: here! },
  ]);
  const [frame] = await manager.save(Frame, [{ made: here!, sold: there! }, { made: there! }]);
  await manager.insert(Wall, { frame: frame! });
  const book = await manager.save(manager.create(Book));
  await manager.insert(Chapter, [
    { rank: 1, book },
    { rank: 3, book },
    { rank: 2, book },
  ]);
  return app;
}

const BY_ID = { id: 'ASC' } as const;

/** What one query set with joins only would say of each manager. */
const CASES: [abstract new () => BaseCacheManager<ObjectLiteral>, FindManyOptions<ObjectLiteral>][] = [
  [
    AlbumCacheManager,
    {
      relations: {
        photos: true,
        countries: true,
        owner: true,
        details: { sold: true, seen: true },
        links: { second: true },
      },
      order: { id: 'ASC', photos: BY_ID, details: { seen: BY_ID } },
    },
  ],
  [
    MixedAlbumCacheManager,
    {
      relations: { owner: true, links: { second: true }, photos: true, details: { seen: true } },
      order: { id: 'ASC', photos: BY_ID, details: { seen: BY_ID } },
    },
  ],
  [
    EagerAlbumCacheManager,
    { relations: { owner: true, country: true, photos: { taken: true } }, order: { id: 'ASC', photos: BY_ID } },
  ],
  [
    PhotoCacheManager,
    { relations: { album: { photos: true, owner: true } }, order: { id: 'ASC', album: { photos: BY_ID } } },
  ],
  [FrameCacheManager, { relations: { sold: true, made: true }, order: BY_ID }],
  [WallCacheManager, { relations: { frame: { sold: true, made: true } }, order: BY_ID }],
  [JoinedWallCacheManager, { relations: { frame: { sold: true, made: true } }, order: BY_ID }],
];

describeDatabases('Prefetched relations read like joined ones', (database) => {
  it.each([
    ['properties that come with their values', true],
    ['properties that a constructor makes', false],
  ] as const)('in the order of their properties: %s', async (_, entitySkipConstructor) => {
    const app = await setUp(database, entitySkipConstructor);
    for (const [Manager, options] of CASES) await expectReadsLikeFind(app, Manager, options);
  });

  it('an eager one costs no query of its own', async () => {
    const { get, statements } = await setUp(database);
    // The albums with country and photo ids, their owners, their photos with photo ids.
    await statements.expect(5, () => get(EagerAlbumCacheManager).all());
  });

  it('in the order that the query asks for', async () => {
    const where = { name: 'full' };
    const { get, dataSource } = await setUp(database);
    for (const order of [
      { photos: { title: 'ASC' } },
      { photos: { rank: 'DESC' } },
      { photos: { taken: { name: 'DESC' }, rank: 'ASC' } },
      { photos: { title: { direction: 'desc' } } },
    ] as FindOptionsOrder<Album>[]) {
      const albums = get(PhotosCacheManager).all().filter(where).orderBy(order);
      const expected = await dataSource.manager.find(Album, { where, relations: { photos: true }, order });
      expectSame(await albums, expected);
      expectSame(await albums.cache('ordered'), expected);
      await get(PhotosCacheManager).clearCache();
    }
  });

  it('ordered as their entity orders itself, which joined ones are not', async () => {
    const { get } = await setUp(database);
    const [book] = await get(BookCacheManager).all();
    expect(book!.chapters.map(({ rank }) => rank)).toEqual([3, 2, 1]);
    const [turned] = await get(BookCacheManager)
      .all()
      .orderBy({ chapters: { rank: 'ASC' } });
    expect(turned!.chapters.map(({ rank }) => rank)).toEqual([1, 2, 3]);
  });

  it('with the properties that the query selects of them', async () => {
    const app = await setUp(database);
    for (const photos of [{ id: true, title: true }, {}]) {
      await expectReadsLikeFind(app, PhotosCacheManager, {
        select: { id: true, name: true, photos },
        relations: { photos: true },
        order: { id: 'ASC', photos: BY_ID },
      });
      await app.get(PhotosCacheManager).clearCache();
    }
  });
});
