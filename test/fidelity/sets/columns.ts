import {
  AfterLoad,
  BaseEntity,
  Column,
  CreateDateColumn,
  DeleteDateColumn,
  Entity,
  ManyToMany,
  ManyToOne,
  OneToMany,
  JoinTable,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  RelationId,
  UpdateDateColumn,
  VersionColumn,
  ViewColumn,
  ViewEntity,
  VirtualColumn,
} from 'typeorm';
import { Exclude, Expose, Transform } from 'class-transformer';
import type { SetMaker } from '../entity-set.js';

@Entity()
class Stamped {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @CreateDateColumn()
  created: Date;

  @UpdateDateColumn()
  updated: Date;

  @DeleteDateColumn()
  deleted: Date | null;

  @VersionColumn()
  version: number;
}

@Entity()
class Customer {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @Column({ type: 'varchar', length: 40, select: false, nullable: true })
  password: string | null;

  @VirtualColumn({ query: (alias) => `SELECT COUNT(*) FROM purchase WHERE purchase.amount > ${alias}.id` })
  purchases: number;

  @ManyToOne(() => Customer)
  friend: Customer | null;

  @RelationId((customer: Customer) => customer.friend)
  friendId: number | null;

  @ManyToMany(() => Purchase)
  @JoinTable()
  wishes: Purchase[];

  @RelationId((customer: Customer) => customer.wishes)
  wishIds: number[];

  @OneToMany(() => Purchase, (purchase) => purchase.customer)
  bought: Purchase[];

  @RelationId((customer: Customer) => customer.bought)
  boughtIds: number[];
}

@Entity()
class Purchase {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'int' })
  amount: number;

  @ManyToOne(() => Customer, (customer) => customer.bought)
  customer: Customer | null;
}

@ViewEntity({
  expression: 'SELECT purchase.id AS "number", purchase.amount AS amount FROM purchase',
})
class PurchaseView {
  @ViewColumn()
  number: number;

  @ViewColumn()
  amount: number;
}

@ViewEntity({
  expression: 'SELECT purchase.id AS number, purchase.amount AS amount FROM purchase',
})
class MariadbPurchaseView {
  @ViewColumn()
  number: number;

  @ViewColumn()
  amount: number;
}

/** Its rows have the same value today and tomorrow, which nobody can tell from the SQL. */
@Entity()
class Timely {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @VirtualColumn({ query: () => 'SELECT CASE WHEN CURRENT_TIMESTAMP IS NULL THEN 1 ELSE 0 END' })
  timeless: number;
}

/** Names that mean something to JavaScript, and some that order themselves. */
@Entity()
class Oddly {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 40 })
  name: string;

  @Column({ type: 'varchar', length: 40, nullable: true })
  then: string | null;

  @Column({ type: 'varchar', length: 40, nullable: true, name: 'to_json' })
  toJSON: string | null;

  @Column({ type: 'int', name: 'ten' })
  10: number;

  @Column({ type: 'int', name: 'two' })
  2: number;

  @Column({ type: 'int', name: 'größe' })
  größe: number;

  @Column({ type: 'int', name: 'a_b' })
  'a b': number;

  @Column({ type: 'int', name: 'quoted' })
  'it"s': number;

  @Column({ type: 'int', name: 'dollar' })
  $: number;
}

@Entity()
class Computed {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'int' })
  width: number;

  @Column({ type: 'int', asExpression: 'width * 2', generatedType: 'STORED' })
  double: number;

  @Column({ length: 40, default: 'none' })
  label: string;
}

@Entity()
class Listening {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @Column({ type: 'simple-json' })
  data: { list: number[] };

  loads?: number;
  initials?: { of: string };

  @ManyToOne(() => Listening)
  next: Listening | null;

  @AfterLoad()
  loaded(): void {
    this.loads = (this.loads ?? 0) + 1;
    this.initials = { of: this.name[0]! };
    this.data.list.push(this.id);
  }
}

@Entity()
@Exclude()
class Shown {
  @Expose()
  @PrimaryGeneratedColumn()
  id: number;

  @Expose({ name: 'title' })
  @Transform(({ value }) => String(value).toUpperCase())
  @Column({ length: 40 })
  name: string;

  @Column({ length: 40 })
  secret: string;

  @Expose()
  get greeting(): string {
    return `I am ${this.name}, ${this.secret}`;
  }
}

@Entity()
class Active extends BaseEntity {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  toJSON(): object {
    return { active: this.name };
  }
}

@Entity()
class Keyed {
  @PrimaryColumn({ type: 'varchar', length: 40 })
  name: string;

  @Column({ type: 'varchar', length: 40, nullable: true })
  note: string | null;
}

export const columnSets: SetMaker[] = [
  () => ({
    name: 'dates, versions and soft-deleted rows',
    entities: [Stamped],
    fill: async (manager) => {
      const rows = await manager.save(Stamped, [{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
      await manager.save(Stamped, { id: rows[0]!.id, name: 'A' });
      await manager.softRemove(Stamped, rows[1]!);
    },
    managers: [{ model: Stamped }],
  }),
  () => ({
    name: 'columns not selected, virtual columns and relation ids',
    entities: [Customer, Purchase],
    fill: async (manager) => {
      const purchases = await manager.save(Purchase, [{ amount: 1 }, { amount: 20 }, { amount: 30 }]);
      const ann = await manager.save(Customer, { name: 'Ann', password: 'x', wishes: [purchases[2]!, purchases[0]!] });
      await manager.save(Customer, { name: 'Bob', friend: ann, wishes: [], bought: [purchases[1]!, purchases[0]!] });
      await manager.save(Customer, { name: '', friend: null, password: null });
    },
    managers: [
      { model: Customer, details: 3 },
      { model: Customer, joined: ['friend'], prefetched: ['wishes', 'bought'] },
      { model: Customer, joined: ['wishes', 'bought'], prefetched: ['friend.wishes'] },
      { model: Purchase, prefetched: ['customer'] },
    ],
  }),
  () => ({
    name: 'virtual columns that ask for the time',
    entities: [Timely],
    fill: (manager) => manager.insert(Timely, [{ name: 'a' }, { name: 'b' }]),
    managers: [{ model: Timely, uncached: { reason: 'volatile', why: 'the answer may change without a write' } }],
  }),
  (database) => {
    const view = database === 'mariadb' ? MariadbPurchaseView : PurchaseView;
    return {
      name: 'views',
      entities: [Customer, Purchase, view],
      fill: (manager) => manager.save(Purchase, [{ amount: 1 }, { amount: 20 }]),
      managers: [{ model: view, dependsOn: [Purchase], where: { amount: 20 } }],
    };
  },
  () => ({
    name: 'properties with names of the language',
    entities: [Oddly],
    fill: (manager) =>
      manager.save(Oddly, [
        { name: 'a', then: 'x', toJSON: 'y', 10: 10, 2: 2, größe: 3, 'a b': 4, 'it"s': 5, $: 6 },
        { name: 'b', then: null, toJSON: null, 10: 0, 2: -2, größe: 0, 'a b': 0, 'it"s': 0, $: 0 },
      ]),
    managers: [{ model: Oddly }],
  }),
  (database) =>
    database === 'sqljs'
      ? undefined
      : {
          name: 'generated columns and defaults',
          entities: [Computed],
          fill: (manager) => manager.save(Computed, [{ width: 2 }, { width: -3, label: '' }]),
          managers: [{ model: Computed }],
        },
  () => ({
    name: 'entities that listen for their load',
    entities: [Listening],
    fill: async (manager) => {
      const last = await manager.save(Listening, { name: 'last', data: { list: [1] } });
      await manager.save(Listening, { name: 'first', data: { list: [] }, next: last });
    },
    managers: [
      { model: Listening },
      { model: Listening, joined: ['next'] },
      { model: Listening, prefetched: ['next.next'] },
    ],
  }),
  () => ({
    name: 'entities that are serialized by decorators',
    entities: [Shown],
    fill: (manager) =>
      manager.save(Shown, [
        { name: 'a', secret: 's' },
        { name: '', secret: 't' },
      ]),
    managers: [{ model: Shown }],
  }),
  ...[{ typename: '__typename' }, { entitySkipConstructor: true }].map((options): SetMaker => () => ({
    name: `active records, ${JSON.stringify(options)}`,
    entities: [Active],
    options,
    fill: (manager) => manager.save(Active, [{ name: 'a' } as Active, { name: 'b' } as Active]),
    managers: [{ model: Active }],
  })),
  () => ({
    name: 'no rows, and rows of a key alone',
    entities: [Keyed, Stamped],
    fill: (manager) => manager.insert(Keyed, [{ name: '' }, { name: 'null' }, { name: '🙂' }]),
    managers: [{ model: Keyed, details: 3 }, { model: Stamped }],
  }),
];
