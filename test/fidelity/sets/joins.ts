import {
  Column,
  DeleteDateColumn,
  Entity,
  Index,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  OneToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
} from 'typeorm';
import type { SetMaker } from '../entity-set.js';

@Entity({ name: 'the_countries' })
class Country {
  @PrimaryGeneratedColumn({ name: 'country_no' })
  id: number;

  @Index({ unique: true })
  @Column({ name: 'iso', length: 2 })
  code: string;

  @Column({ name: 'label', length: 40 })
  name: string;

  @OneToMany(() => City, (city) => city.country)
  cities: City[];

  @ManyToMany(() => City, (city) => city.twins)
  twinned: City[];
}

@Entity({ name: 'the_cities' })
class City {
  @PrimaryGeneratedColumn({ name: 'city_no' })
  id: number;

  @Column({ name: 'label', length: 40 })
  name: string;

  @Column({ type: 'varchar', length: 2, nullable: true, name: 'iso_of_country' })
  countryCode: string | null;

  // By a unique column that is no key, and by the column that holds it.
  @ManyToOne(() => Country, (country) => country.cities)
  @JoinColumn({ name: 'iso_of_country', referencedColumnName: 'code' })
  country: Country | null;

  @ManyToMany(() => Country, (country) => country.twinned)
  @JoinTable({
    name: 'twins_of_cities',
    joinColumn: { name: 'the_city', referencedColumnName: 'id' },
    inverseJoinColumn: { name: 'the_country', referencedColumnName: 'code' },
  })
  twins: Country[];
}

/** Keys of tenants: everything refers by the tenant's number as well, which is a part of its own key. */
@Entity()
class Shelf {
  @PrimaryColumn('int')
  tenantId: number;

  @PrimaryColumn('int')
  no: number;

  @Column({ length: 40 })
  name: string;

  @OneToMany(() => Item, (item) => item.shelf)
  items: Item[];
}

@Entity()
class Item {
  @PrimaryColumn('int')
  tenantId: number;

  @PrimaryColumn('int')
  no: number;

  @Column({ length: 40 })
  name: string;

  @Column({ type: 'int', nullable: true })
  shelfNo: number | null;

  @Column({ type: 'int', nullable: true })
  parentNo: number | null;

  @ManyToOne(() => Shelf, (shelf) => shelf.items, { createForeignKeyConstraints: false })
  @JoinColumn([
    { name: 'tenantId', referencedColumnName: 'tenantId' },
    { name: 'shelfNo', referencedColumnName: 'no' },
  ])
  shelf: Shelf | null;

  @ManyToOne(() => Item, (item) => item.children, { createForeignKeyConstraints: false })
  @JoinColumn([
    { name: 'tenantId', referencedColumnName: 'tenantId' },
    { name: 'parentNo', referencedColumnName: 'no' },
  ])
  parent: Item | null;

  @OneToMany(() => Item, (item) => item.parent)
  children: Item[];
}

@Entity()
class Player {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @OneToMany(() => Membership, (membership) => membership.player)
  memberships: Membership[];
}

@Entity()
class Team {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column({ length: 40 })
  name: string;

  @OneToMany(() => Membership, (membership) => membership.team)
  memberships: Membership[];
}

/** A junction with columns of its own. */
@Entity()
class Membership {
  @PrimaryColumn('int')
  playerId: number;

  @PrimaryColumn('uuid')
  teamId: string;

  @Column({ length: 40 })
  role: string;

  @ManyToOne(() => Player, (player) => player.memberships)
  player: Player;

  @ManyToOne(() => Team, (team) => team.memberships)
  team: Team;
}

@Entity()
class Office {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;
}

/** Has the key of the member it belongs to. */
@Entity()
class Admin {
  @PrimaryColumn('int')
  memberId: number;

  @OneToOne(() => Member, (member) => member.admin)
  @JoinColumn({ name: 'memberId' })
  member: Member | null;

  @Column({ type: 'varchar', length: 40, nullable: true })
  note: string | null;

  @ManyToOne(() => Office)
  office: Office | null;
}

@Entity()
class Member {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @OneToOne(() => Admin, (admin) => admin.member)
  admin: Admin | null;
}

@Entity()
class Route {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @Column({ type: 'int', nullable: true })
  stopId: number | null;

  // Two relations by one column.
  @ManyToOne(() => Stop, { createForeignKeyConstraints: false })
  @JoinColumn({ name: 'stopId' })
  first: Stop | null;

  @ManyToOne(() => Stop, { createForeignKeyConstraints: false })
  @JoinColumn({ name: 'stopId' })
  last: Stop | null;

  @ManyToMany(() => Stop)
  @JoinTable({ name: 'route_stops' })
  stops: Stop[];

  @ManyToMany(() => Stop)
  @JoinTable({ name: 'route_breaks' })
  breaks: Stop[];
}

@Entity()
class Stop {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;
}

@Entity()
class Author {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @DeleteDateColumn()
  deleted: Date | null;

  @OneToMany(() => Article, (article) => article.author)
  articles: Article[];
}

@Entity()
class Article {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @DeleteDateColumn()
  deleted: Date | null;

  @ManyToOne(() => Author, (author) => author.articles)
  author: Author | null;

  @ManyToMany(() => Author)
  @JoinTable()
  readers: Author[];
}

@Entity({ orderBy: { rank: 'DESC', id: 'ASC' } })
class Song {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @Column({ type: 'int' })
  rank: number;

  @ManyToOne(() => Song, (song) => song.covers)
  original: Song | null;

  @OneToMany(() => Song, (song) => song.original)
  covers: Song[];
}

/** Eager ones in a row, and one behind a lazy relation. */
@Entity()
class Crate {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @ManyToOne(() => Pallet, { eager: true })
  pallet: Pallet | null;

  @OneToMany(() => Bottle, (bottle) => bottle.crate)
  bottles: Promise<Bottle[]>;
}

@Entity()
class Pallet {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @ManyToMany(() => Tag, { eager: true })
  @JoinTable()
  tags: Tag[];
}

@Entity()
class Tag {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @ManyToOne(() => Tag)
  synonym: Tag | null;
}

@Entity()
class Bottle {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @ManyToOne(() => Crate, (crate) => crate.bottles)
  crate: Crate;

  @ManyToOne(() => Tag, { eager: true })
  tag: Tag | null;
}

export const joinSets: SetMaker[] = [
  () => ({
    name: 'join columns and join tables of other names, by unique columns',
    entities: [Country, City],
    fill: async (manager) => {
      const [de, fr] = await manager.save(Country, [
        { code: 'de', name: 'Deutschland' },
        { code: 'fr', name: 'France' },
        { code: 'xx', name: '' },
      ]);
      await manager.save(City, [
        { name: 'Köln', country: de!, twins: [fr!, de!] },
        { name: 'Lyon', country: fr!, twins: [de!] },
        { name: 'Atlantis', country: null, twins: [] },
      ]);
    },
    managers: [
      { model: City, joined: ['country'], prefetched: ['twins'] },
      { model: City, joined: ['twins'], prefetched: ['country'] },
      { model: Country, joined: ['cities'], prefetched: ['twinned'] },
      { model: Country, joined: ['twinned.country'], prefetched: ['cities.twins'] },
    ],
  }),
  () => ({
    name: 'composite keys whose columns are join columns too',
    entities: [Shelf, Item],
    fill: async (manager) => {
      await manager.insert(Shelf, [
        { tenantId: 1, no: 1, name: 'a' },
        { tenantId: 2, no: 1, name: 'b' },
      ]);
      await manager.insert(Item, [
        { tenantId: 1, no: 1, name: 'root', shelfNo: 1, parentNo: null },
        { tenantId: 1, no: 2, name: 'child', shelfNo: 1, parentNo: 1 },
        { tenantId: 2, no: 1, name: 'other', shelfNo: 1, parentNo: null },
        { tenantId: 2, no: 2, name: 'loose', shelfNo: null, parentNo: 1 },
      ]);
    },
    managers: [
      { model: Item, joined: ['shelf'], details: 4 },
      { model: Item, prefetched: ['shelf'], details: 4 },
      { model: Item, joined: ['parent'], prefetched: ['children'] },
      { model: Item, joined: ['children'], prefetched: ['parent.shelf'] },
      { model: Shelf, joined: ['items'] },
      { model: Shelf, prefetched: ['items.parent'] },
    ],
  }),
  () => ({
    name: 'junction entities with columns of their own',
    entities: [Player, Team, Membership],
    fill: async (manager) => {
      const [ann, bob] = await manager.save(Player, [{ name: 'Ann' }, { name: 'Bob' }, { name: 'Eve' }]);
      const [red, blue] = await manager.save(Team, [{ name: 'red' }, { name: 'blue' }]);
      await manager.insert(Membership, [
        { playerId: ann!.id, teamId: red!.id, role: 'captain' },
        { playerId: ann!.id, teamId: blue!.id, role: '' },
        { playerId: bob!.id, teamId: red!.id, role: 'goal' },
      ]);
    },
    managers: [
      { model: Player, joined: ['memberships.team'], details: 3 },
      { model: Player, prefetched: ['memberships.team'], details: 3 },
      { model: Team, joined: ['memberships'], prefetched: ['memberships.player'] },
      { model: Membership, joined: ['player'], prefetched: ['team'] },
      { model: Membership, prefetched: ['player.memberships', 'team'] },
    ],
  }),
  () => ({
    name: 'a key that is the owner, absent for some, with relations below',
    entities: [Member, Admin, Office],
    fill: async (manager) => {
      const [ann] = await manager.save(Member, [{ name: 'Ann' }, { name: 'Bob' }]);
      const office = await manager.save(Office, { name: 'corner' });
      await manager.save(Admin, { memberId: ann!.id, note: null, office });
    },
    managers: [
      { model: Member, joined: ['admin'] },
      { model: Member, prefetched: ['admin'] },
      { model: Member, joined: ['admin.office'] },
      { model: Member, joined: ['admin'], prefetched: ['admin.office'] },
      { model: Member, prefetched: ['admin.office', 'admin.member'] },
      { model: Admin, joined: ['member'], prefetched: ['office'] },
      { model: Admin, prefetched: ['member.admin'] },
    ],
  }),
  () => ({
    name: 'several relations between two entities, two by one column',
    entities: [Route, Stop],
    fill: async (manager) => {
      const stops = await manager.save(Stop, [{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
      await manager.save(Route, { name: 'long', first: stops[1]!, stops, breaks: [stops[0]!] });
      await manager.save(Route, { name: 'none', stops: [], breaks: [stops[2]!, stops[0]!] });
    },
    managers: [
      { model: Route, joined: ['first', 'last'], prefetched: ['stops', 'breaks'] },
      { model: Route, joined: ['stops', 'breaks'], prefetched: ['first', 'last'] },
    ],
  }),
  () => ({
    name: 'soft-deleted rows on either side',
    entities: [Author, Article],
    fill: async (manager) => {
      const [ann, bob] = await manager.save(Author, [{ name: 'Ann' }, { name: 'Bob' }, { name: 'Eve' }]);
      const articles = await manager.save(Article, [
        { name: 'one', author: ann!, readers: [ann!, bob!] },
        { name: 'two', author: bob!, readers: [bob!] },
        { name: 'three', author: bob!, readers: [] },
        { name: 'four', author: null, readers: [ann!] },
      ]);
      await manager.softRemove(Author, bob!);
      await manager.softRemove(Article, articles[0]!);
    },
    managers: [
      { model: Article, joined: ['author'], prefetched: ['readers'], details: 3 },
      { model: Article, joined: ['readers'], prefetched: ['author'], details: 3 },
      { model: Author, joined: ['articles'] },
      { model: Author, prefetched: ['articles.readers'] },
    ],
  }),
  () => ({
    name: 'an order of its own',
    entities: [Song],
    fill: async (manager) => {
      const first = await manager.save(Song, { name: 'first', rank: 1 });
      await manager.save(Song, [
        { name: 'second', rank: 3, original: first },
        { name: 'third', rank: 2, original: first },
        { name: 'fourth', rank: 3, original: null },
      ]);
    },
    managers: [
      { model: Song },
      { model: Song, joined: ['original'], prefetched: ['covers'] },
      { model: Song, joined: ['covers'], prefetched: ['original'] },
    ],
  }),
  () => ({
    name: 'eager relations in a row, and behind lazy ones',
    entities: [Crate, Pallet, Tag, Bottle],
    fill: async (manager) => {
      const wood = await manager.save(Tag, { name: 'wood' });
      const oak = await manager.save(Tag, { name: 'oak', synonym: wood });
      const [pallet, bare] = await manager.save(Pallet, [
        { name: 'p', tags: [oak, wood] },
        { name: 'bare', tags: [] },
      ]);
      const crates = await manager.save(Crate, [
        { name: 'a', pallet: pallet! },
        { name: 'b', pallet: pallet! },
        { name: 'c', pallet: bare! },
        { name: 'd', pallet: null },
      ]);
      await manager.save(Bottle, [
        { name: '1', crate: crates[0]!, tag: oak },
        { name: '2', crate: crates[0]!, tag: null },
        { name: '3', crate: crates[2]!, tag: oak },
      ]);
    },
    managers: [
      { model: Crate, details: 4 },
      { model: Crate, joined: ['bottles'] },
      { model: Crate, prefetched: ['bottles'] },
      { model: Crate, prefetched: ['pallet'] },
      { model: Crate, prefetched: ['pallet.tags.synonym', 'bottles.tag'] },
      { model: Bottle, joined: ['crate'], prefetched: ['tag.synonym'] },
      { model: Bottle, prefetched: ['crate'] },
      { model: Bottle, prefetched: ['crate', 'crate.bottles'] },
    ],
  }),
];
