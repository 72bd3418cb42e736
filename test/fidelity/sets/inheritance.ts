import {
  ChildEntity,
  Column,
  CreateDateColumn,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryGeneratedColumn,
  TableInheritance,
  VersionColumn,
  type EntityManager,
} from 'typeorm';
import type { SetMaker } from '../entity-set.js';

@Entity()
class Publisher {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @OneToMany(() => Work, (work) => work.publisher)
  works: Work[];
}

@Entity()
@TableInheritance({ column: { type: 'varchar', length: 40, name: 'kind' } })
class Work {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  title: string;

  @ManyToOne(() => Publisher, (publisher) => publisher.works)
  publisher: Publisher | null;

  @ManyToMany(() => Publisher)
  @JoinTable()
  sellers: Publisher[];

  get shout(): string {
    return this.title.toUpperCase();
  }
}

@ChildEntity()
class Novel extends Work {
  @Column({ type: 'int', nullable: true })
  pages: number | null;

  @ManyToOne(() => Publisher)
  reprinter: Publisher | null;

  @OneToMany(() => Chapter, (chapter) => chapter.novel)
  chapters: Chapter[];
}

@ChildEntity('LP')
class Album extends Work {
  @Column({ type: 'int', nullable: true })
  minutes: number | null;

  @ManyToMany(() => Publisher)
  @JoinTable()
  labels: Publisher[];
}

@ChildEntity()
class Opera extends Album {
  @Column({ type: 'simple-json', nullable: true })
  acts: string[] | null;

  @ManyToOne(() => Publisher, { eager: true })
  stage: Publisher | null;
}

@Entity()
class Chapter {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @ManyToOne(() => Novel, (novel) => novel.chapters)
  novel: Novel;

  @ManyToOne(() => Work)
  about: Work | null;
}

const works = [Publisher, Work, Novel, Album, Opera, Chapter];

async function fillWorks(manager: EntityManager): Promise<void> {
  const [north, south] = await manager.save(Publisher, [{ name: 'North' }, { name: 'South' }, { name: 'Nobody' }]);
  const plain = await manager.save(Work, { title: 'plain', publisher: north!, sellers: [north!] });
  const novel = await manager.save(Novel, {
    title: 'novel',
    pages: 300,
    publisher: north!,
    reprinter: south!,
    sellers: [north!, south!],
  });
  await manager.save(Novel, { title: 'untitled', pages: null, publisher: null, reprinter: null });
  const album = await manager.save(Album, { title: 'album', minutes: 40, labels: [south!, north!], publisher: south! });
  const opera = await manager.save(Opera, { title: 'opera', acts: ['I', 'II'], stage: south!, labels: [south!] });
  await manager.save(Chapter, [
    { name: 'one', novel, about: opera },
    { name: 'two', novel, about: plain },
    { name: 'three', novel, about: album },
    { name: 'four', novel, about: null },
  ]);
}

abstract class Dated {
  @PrimaryGeneratedColumn()
  id: number;

  @CreateDateColumn()
  created: Date;

  @VersionColumn()
  version: number;
}

abstract class Owned extends Dated {
  @ManyToOne(() => Person)
  owner: Person | null;
}

@Entity()
class Person extends Dated {
  @Column({ length: 40 })
  name: string;
}

@Entity()
class House extends Owned {
  @Column({ length: 40 })
  street: string;
}

@Entity()
class Boat extends Owned {
  @Column({ length: 40 })
  harbour: string;

  @ManyToMany(() => Person)
  @JoinTable()
  crew: Person[];
}

/** An entity that extends an entity has a table of its own. */
@Entity()
class Yacht extends Boat {
  @Column({ type: 'int' })
  masts: number;
}

@Entity()
@TableInheritance({ column: { type: 'varchar', length: 40 } })
class Account {
  @PrimaryGeneratedColumn()
  id: number;

  // The discriminator as a property of its own.
  @Column({ length: 40 })
  type: string;

  @Column({ length: 40 })
  name: string;
}

@ChildEntity('current')
class CurrentAccount extends Account {
  @OneToMany(() => Movement, (movement) => movement.current)
  movements: Movement[];
}

@ChildEntity('savings')
class SavingsAccount extends Account {
  @OneToMany(() => Movement, (movement) => movement.savings)
  movements: Movement[];

  @OneToMany(() => Movement, (movement) => movement.later)
  laterMovements: Promise<Movement[]>;
}

@Entity()
class Movement {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'int' })
  amount: number;

  @ManyToOne(() => CurrentAccount, (account) => account.movements)
  current: CurrentAccount | null;

  @ManyToOne(() => SavingsAccount, (account) => account.movements)
  savings: SavingsAccount | null;

  @ManyToOne(() => SavingsAccount, (account) => account.laterMovements)
  later: SavingsAccount | null;
}

export const inheritanceSets: SetMaker[] = [
  () => ({
    name: 'single table, read as the base',
    entities: works,
    fill: fillWorks,
    managers: [
      { model: Work, details: 5 },
      { model: Work, joined: ['publisher'], prefetched: ['sellers'] },
      { model: Work, prefetched: ['publisher.works'] },
    ],
  }),
  () => ({
    name: 'single table, the base with relations of subclasses',
    entities: works,
    fill: fillWorks,
    managers: [
      { model: Work, joined: ['reprinter'] },
      { model: Work, prefetched: ['reprinter'] },
      { model: Work, prefetched: ['chapters', 'labels'] },
    ],
  }),
  () => ({
    name: 'single table, read as a subclass',
    entities: works,
    fill: fillWorks,
    managers: [
      { model: Novel, joined: ['publisher'], prefetched: ['chapters'] },
      { model: Novel, joined: ['chapters', 'reprinter'], prefetched: ['sellers'] },
      { model: Album, prefetched: ['labels'] },
      { model: Opera, joined: ['labels'], prefetched: ['publisher'] },
    ],
  }),
  () => ({
    name: 'relations to a single table',
    entities: works,
    fill: fillWorks,
    managers: [
      { model: Publisher, joined: ['works'] },
      { model: Publisher, prefetched: ['works'] },
      { model: Publisher, prefetched: ['works.sellers'] },
      { model: Chapter, joined: ['about'], prefetched: ['novel'], details: 4 },
      { model: Chapter, prefetched: ['about', 'novel.reprinter'], details: 4 },
    ],
  }),
  () => ({
    name: 'subclasses with relations of one name',
    entities: [Account, CurrentAccount, SavingsAccount, Movement],
    fill: async (manager) => {
      const current = await manager.save(CurrentAccount, { name: 'mine' });
      const savings = await manager.save(SavingsAccount, { name: 'theirs' });
      await manager.save(Account, { name: 'plain' });
      await manager.save(Movement, [
        { amount: 1, current },
        { amount: -2, savings },
        { amount: 3, later: savings },
      ]);
    },
    managers: [
      { model: Account, details: 3 },
      { model: CurrentAccount, joined: ['movements'] },
      { model: SavingsAccount, prefetched: ['movements', 'laterMovements'] },
      { model: Movement, joined: ['current'], prefetched: ['savings', 'later'], details: 3 },
    ],
  }),
  () => ({
    name: 'abstract base classes with relations',
    entities: [Person, House, Boat, Yacht],
    fill: async (manager) => {
      const [ann, bob] = await manager.save(Person, [{ name: 'Ann' }, { name: 'Bob' }]);
      await manager.save(House, [
        { street: 'Long', owner: ann! },
        { street: '', owner: null },
      ]);
      await manager.save(Boat, [{ harbour: 'Ost', owner: bob!, crew: [ann!, bob!] }]);
      await manager.save(Yacht, [{ harbour: 'West', masts: 3, owner: ann!, crew: [bob!] }]);
    },
    managers: [
      { model: House, joined: ['owner'] },
      { model: House, prefetched: ['owner'] },
      { model: Boat, joined: ['owner'], prefetched: ['crew'] },
      { model: Yacht, prefetched: ['owner', 'crew'] },
    ],
  }),
];
