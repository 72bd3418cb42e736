import {
  Column,
  CreateDateColumn,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  OneToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  RelationId,
  JoinColumn,
} from 'typeorm';
import type { SetMaker } from '../entity-set.js';
import { dataSourceOf } from '../../support/typeorm.js';

class Point {
  @Column({ type: 'int', nullable: true })
  x: number | null;

  @Column({ type: 'int', nullable: true })
  y: number | null;

  get length(): number {
    return Math.hypot(this.x ?? 0, this.y ?? 0);
  }
}

class Frame {
  @Column(() => Point)
  from: Point;

  @Column(() => Point, { prefix: 'end' })
  to: Point;

  @Column({ type: 'varchar', length: 40, nullable: true })
  colour: string | null;
}

@Entity()
class Picture {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @Column(() => Frame)
  frame: Frame;

  @Column(() => Point)
  centre: Point;
}

class Counters {
  @PrimaryColumn('int')
  code: number;

  @Column({ type: 'int' })
  likes: number;

  @ManyToMany(() => Fan, (fan) => fan.posts)
  @JoinTable()
  fans: Fan[];

  @ManyToOne(() => Fan)
  best: Fan | null;

  @OneToMany(() => Fan, (fan) => fan.favourite)
  admirers: Fan[];
}

@Entity()
class Post {
  @PrimaryColumn('int')
  id: number;

  @Column({ length: 40 })
  name: string;

  @Column(() => Counters)
  counters: Counters;
}

@Entity()
class Fan {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @ManyToMany(() => Post, (post) => post.counters.fans)
  posts: Post[];

  @ManyToOne(() => Post, (post) => post.counters.admirers)
  favourite: Post | null;
}

class Audit {
  @CreateDateColumn()
  created: Date;

  @ManyToOne(() => Editor, { eager: true })
  editor: Editor | null;

  @OneToOne(() => Editor)
  @JoinColumn()
  approver: Promise<Editor | null>;

  @RelationId((document: Document) => document.audit.editor)
  editorId: number;
}

@Entity()
class Document {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @Column(() => Audit)
  audit: Audit;
}

@Entity()
class Editor {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;
}

/** An embedded object that its constructor prepares, with a field nobody maps. */
class Volume {
  @Column({ type: 'int', default: 1 })
  litres: number;

  unit = 'l';

  constructor() {
    this.litres = 1;
  }
}

@Entity()
class Barrel {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @Column(() => Volume)
  volume: Volume;
}

export const embeddedSets: SetMaker[] = [
  () => ({
    name: 'embeddeds in embeddeds, empty ones too',
    entities: [Picture],
    fill: (manager) =>
      manager.save(Picture, [
        { name: 'full', frame: { from: { x: 1, y: 2 }, to: { x: 3, y: 4 }, colour: 'red' }, centre: { x: 0, y: 0 } },
        { name: 'half', frame: { from: { x: 1 }, colour: '' }, centre: { y: 5 } },
        { name: 'empty' },
      ]),
    managers: [{ model: Picture, details: 3 }],
  }),
  () => ({
    name: 'embeddeds with a part of the key and relations of every kind',
    entities: [Post, Fan],
    fill: async (manager) => {
      const fans = await manager.save(Fan, [{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
      const post = await manager.save(Post, {
        id: 1,
        name: 'first',
        counters: { code: 1, likes: 0, fans: [fans[0]!, fans[2]!], best: fans[1]! },
      });
      await manager.save(Post, { id: 2, name: 'second', counters: { code: 2, likes: -1, fans: [], best: null } });
      fans[2]!.favourite = post;
      await manager.save(Fan, fans[2]!);
    },
    managers: [
      { model: Post },
      { model: Post, joined: ['counters.best'], prefetched: ['counters.fans'] },
      { model: Post, joined: ['counters.fans'], prefetched: ['counters.best', 'counters.admirers'] },
      { model: Fan, joined: ['posts'], prefetched: ['favourite.counters.fans'] },
      { model: Fan, prefetched: ['posts.counters.best'] },
    ],
  }),
  () => ({
    name: 'embeddeds with dates, eager and lazy relations and relation ids',
    entities: [Document, Editor],
    fill: async (manager) => {
      await manager.save(Editor, [{ name: 'Ann' }, { name: 'Bob' }]);
      // TypeORM cannot insert a lazy relation that is inside an embedded.
      const { driver } = dataSourceOf(manager);
      const { relations } = dataSourceOf(manager).getMetadata(Document);
      const columns = ['name', ...relations.map(({ joinColumns }) => joinColumns[0]!.databaseName)].map((name) =>
        driver.escape(name),
      );
      await manager.query(
        `INSERT INTO ${driver.escape('document')} (${columns.join()}) VALUES ('first', 1, 2), ('second', NULL, NULL)`,
      );
    },
    managers: [
      { model: Document },
      { model: Document, joined: ['audit.approver'] },
      { model: Document, prefetched: ['audit.approver', 'audit.editor'] },
    ],
  }),
  ...[false, true].map((entitySkipConstructor): SetMaker => () => ({
    name: `embeddeds with a constructor, ${entitySkipConstructor ? 'not called' : 'called'}`,
    entities: [Barrel],
    options: { entitySkipConstructor },
    fill: (manager) => manager.save(Barrel, [{ name: 'small', volume: { litres: 2 } }, { name: 'default' }]),
    managers: [{ model: Barrel }],
  })),
];
