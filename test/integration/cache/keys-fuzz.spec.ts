import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import {
  And,
  Between,
  ChildEntity,
  Column,
  type DataSource,
  type DataSourceOptions,
  DeleteDateColumn,
  Entity,
  type EntityManager,
  EntitySchema,
  In,
  Index,
  IsNull,
  JoinColumn,
  LessThan,
  LessThanOrEqual,
  ManyToOne,
  MoreThan,
  MoreThanOrEqual,
  Not,
  OneToMany,
  OneToOne,
  Or,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
  TableInheritance,
  UpdateDateColumn,
  VersionColumn,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { describeWith } from '../../support/services.js';
import { createTestApp, type TestApp } from '../../support/test-app.js';

@Entity('region')
class Region {
  @PrimaryColumn({ type: 'varchar', length: 10 })
  code!: string;

  @Column({ type: 'varchar', length: 20 })
  title!: string;

  @Column({ type: 'int', default: 0 })
  rank!: number;
}

@Entity('shop')
class Shop {
  @PrimaryColumn({ type: 'varchar', length: 10, name: 'region_code' })
  regionCode!: string;

  @PrimaryColumn({ type: 'int', name: 'shop_no' })
  number!: number;

  @ManyToOne(() => Region, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'region_code' })
  region!: Relation<Region>;

  @Column({ type: 'boolean', default: false })
  isOpen!: boolean;

  @Column({ type: 'int', default: 0 })
  stars!: number;

  @OneToMany(() => Item, ({ shop }) => shop)
  items?: Relation<Item[]>;

  @DeleteDateColumn()
  deletedAt?: Date | null;
}

class Label {
  @Column({ type: 'varchar', length: 20, default: '' })
  text!: string;

  @Column({ type: 'int', nullable: true })
  size!: number | null;
}

const doubled = {
  to: (value: number | null) => (typeof value === 'number' ? value * 2 : value),
  from: (value: number | null) => (typeof value === 'number' ? value / 2 : value),
};

@Entity('item')
class Item {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Index({ unique: true })
  @Column({ type: 'int' })
  serial!: number;

  @Column({ type: 'decimal', precision: 10, scale: 2, default: 0 })
  price!: string;

  @Column({ type: 'date', nullable: true })
  day!: string | null;

  @Column({ type: 'bigint', default: 0 })
  stock!: string;

  @Column({ type: 'simple-enum', enum: ['new', 'used', 'Old'], default: 'new' })
  kind!: 'new' | 'used' | 'Old';

  @Column({ type: 'boolean', default: true })
  isLive!: boolean;

  @Column({ type: 'int', nullable: true, transformer: doubled })
  twice!: number | null;

  @Column(() => Label)
  label!: Label;

  @ManyToOne(() => Shop, ({ items }) => items, { nullable: true, onDelete: 'SET NULL' })
  shop!: Relation<Shop> | null;

  @Column({ type: 'varchar', name: 'parent_id', length: 36, nullable: true, select: true })
  note!: string | null;

  @ManyToOne(() => Item, { nullable: true, onDelete: 'SET NULL' })
  parent!: Relation<Item> | null;

  @OneToMany(() => Item, ({ parent }) => parent)
  children?: Relation<Item[]>;

  @VersionColumn()
  version!: number;

  @UpdateDateColumn()
  updatedAt!: Date;

  @DeleteDateColumn()
  deletedAt?: Date | null;
}

/** The same table by another class. */
@Entity('item', { synchronize: false })
class ItemLite {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'int' })
  serial!: number;

  @Column({ type: 'boolean', select: false })
  isLive?: boolean;

  @Column({ type: 'bigint' })
  stock!: string;
}

@Entity('profile')
class Profile {
  @PrimaryColumn({ type: 'uuid', name: 'item_id' })
  itemId!: string;

  @OneToOne(() => Item, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'item_id' })
  item!: Relation<Item>;

  @Column({ type: 'varchar', length: 20 })
  bio!: string;

  @Column({ type: 'int', default: 0 })
  level!: number;
}

@Entity('payment', { orderBy: { amount: 'ASC', id: 'ASC' } })
@TableInheritance({ column: { type: 'varchar', name: 'type' } })
class Payment {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'int' })
  amount!: number;

  @Column({ type: 'int', nullable: true })
  bucket!: number | null;

  @ManyToOne(() => Item, { nullable: false, onDelete: 'CASCADE' })
  item!: Relation<Item>;

  @DeleteDateColumn()
  deletedAt?: Date | null;
}

@ChildEntity()
class Cash extends Payment {
  @Column({ type: 'int', nullable: true })
  coins!: number | null;
}

@ChildEntity()
class Card extends Payment {
  @Column({ type: 'varchar', length: 20, nullable: true })
  brand!: string | null;
}

interface Ledger {
  id: number;
  owner: string;
  total: number;
}

const LedgerSchema = new EntitySchema<Ledger>({
  name: 'ledger',
  columns: {
    id: { type: 'bigint', primary: true },
    owner: { type: 'varchar', length: 12, nullable: true },
    total: { type: 'int', default: 0 },
  },
});

const entities = [Region, Shop, Item, ItemLite, Profile, Payment, Cash, Card, LedgerSchema];

@Injectable()
class Regions extends BaseCacheManager<Region> {
  model = Region;
}
@Injectable()
class Shops extends BaseCacheManager<Shop> {
  model = Shop;
  override relatedObjects = ['region'] as const;
}
@Injectable()
class ShopsWhole extends BaseCacheManager<Shop> {
  model = Shop;
  override cacheKey = 'shops-whole';
  override prefetchRelatedObjects = ['region', 'items'] as const;
}
@Injectable()
class Items extends BaseCacheManager<Item> {
  model = Item;
}
@Injectable()
class ItemsJoined extends BaseCacheManager<Item> {
  model = Item;
  override cacheKey = 'items-joined';
  override relatedObjects = ['shop.region', 'parent'] as const;
}
@Injectable()
class ItemsWhole extends BaseCacheManager<Item> {
  model = Item;
  override cacheKey = 'items-whole';
  override relatedObjects = ['parent'] as const;
  override prefetchRelatedObjects = ['children', 'shop'] as const;
}
@Injectable()
class Lites extends BaseCacheManager<ItemLite> {
  model = ItemLite;
}
@Injectable()
class Profiles extends BaseCacheManager<Profile> {
  model = Profile;
  override relatedObjects = ['item'] as const;
}
@Injectable()
class Payments extends BaseCacheManager<Payment> {
  model = Payment;
  override relatedObjects = ['item'] as const;
}
@Injectable()
class PlainPayments extends BaseCacheManager<Payment> {
  model = Payment;
  override cacheKey = 'payments-plain';
}
@Injectable()
class Cashes extends BaseCacheManager<Cash> {
  model = Cash;
}
@Injectable()
class Cards extends BaseCacheManager<Card> {
  model = Card;
  override prefetchRelatedObjects = ['item.shop'] as const;
}
@Injectable()
class Ledgers extends BaseCacheManager<Ledger> {
  model = LedgerSchema as never;
}

const managers = [
  Regions,
  Shops,
  ShopsWhole,
  Items,
  ItemsJoined,
  ItemsWhole,
  Lites,
  Profiles,
  Payments,
  PlainPayments,
  Cashes,
  Cards,
  Ledgers,
];

function randomOf(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (below: number) => Math.floor(next() * below);
  return {
    int,
    pick: <T>(from: readonly T[]): T => from[int(from.length)]!,
    is: (share: number) => next() < share,
  };
}
type Random = ReturnType<typeof randomOf>;

const CODES = ['north', 'South', 'east'];
const uuids = Array.from({ length: 8 }, (_, i) => `0000000${i}-0000-4000-8000-00000000000${i}`);

interface Read {
  readonly name: string;
  readonly cached: (app: TestApp) => PromiseLike<unknown>;
  readonly uncached: (app: TestApp) => PromiseLike<unknown>;
}

type Any = Record<string, unknown>;

function itemWhere({ int, pick, is }: Random): Any | Any[] {
  return pick<() => Any | Any[]>([
    () => ({}),
    () => ({ serial: int(9) }),
    () => ({ serial: In([int(9), int(9), int(9)]) }),
    () => ({ price: `${int(4)}.50` }),
    () => ({ price: MoreThan('1.50') }),
    () => ({ day: `2024-01-0${1 + int(4)}` }),
    () => ({ day: IsNull() }),
    () => ({ stock: String(int(4)) }),
    () => ({ stock: MoreThan(String(int(4))) }),
    () => ({ stock: MoreThanOrEqual(int(4)), isLive: true }),
    () => ({ kind: pick(['new', 'used', 'Old']) }),
    () => ({ kind: Not(pick(['new', 'used', 'Old'])) }),
    () => ({ isLive: is(0.5) }),
    () => ({ isLive: is(0.5), stock: String(int(4)) }),
    () => ({ twice: int(4) }),
    () => ({ twice: IsNull() }),
    () => ({ twice: Not(IsNull()), kind: 'new' }),
    () => ({ label: { text: pick(['a', 'A', 'b', 'b ']) } }),
    () => ({ label: { text: pick(['a', 'b']), size: int(3) } }),
    () => ({ label: { size: IsNull() } }),
    () => ({ label: { size: Not(int(3)) } }),
    () => ({ label: { size: Or(IsNull(), LessThan(2)) } }),
    () => ({ shop: { regionCode: pick(CODES), number: int(3) } }),
    () => ({ shop: { number: int(3) } }),
    () => ({ shop: { isOpen: is(0.5) } }),
    () => ({ shop: { stars: MoreThan(1) } }),
    () => ({ shop: IsNull() }),
    () => ({ shop: { region: { rank: int(3) } } }),
    () => ({ shop: { region: { title: pick(['x', 'y']) } } }),
    () => ({ parent: { id: pick(uuids) } }),
    () => ({ parent: IsNull() }),
    () => ({ parent: { isLive: is(0.5) } }),
    () => ({ parent: { kind: 'used', stock: String(int(4)) } }),
    () => ({ children: { isLive: true } }),
    () => ({ children: { stock: int(4) } }),
    () => [{ isLive: true, stock: String(int(4)) }, { kind: 'Old' }],
    () => [{ shop: { stars: int(4) } }, { label: { size: int(3) } }],
    () => ({ note: pick(['n', 'N', 'm']) }),
    () => ({ note: Not(pick(['n', 'm'])) }),
    () => ({ note: In(['n', 'm']), isLive: true }),
    () => ({ id: In([pick(uuids), pick(uuids)]) }),
    () => ({ serial: And(MoreThan(1), LessThanOrEqual(5 + int(3))) }),
    () => ({ serial: Between(2, 5), kind: 'new' }),
  ])();
}

function readOf(random: Random): Read {
  const { int, pick, is } = random;
  const direction = pick(['ASC', 'DESC'] as const);
  const build = (manager: new (...args: never[]) => unknown, model: unknown, where: Any | Any[], order: Any): Read => {
    const name = `${manager.name} ${inspect(where, { depth: 6, breakLength: 300 })
      .replace(/'@instanceof.*?_type: ('\w+'), _value: (.*?), _useParameter.*?undefined \}/g, '$1 $2')
      .replace(/FindOperator /g, '')} by ${JSON.stringify(order)}`;
    const withDeleted = is(0.15);
    const all = (app: TestApp) => {
      const set = (app.get(manager as never) as BaseCacheManager<Any>).all().filter(where as never);
      return (withDeleted ? set.withDeleted() : set) as ReturnType<BaseCacheManager<Any>['all']>;
    };
    const label = withDeleted ? ' with deleted' : '';
    return pick<() => Read>([
      () => ({
        name: `list of ${name}${label}`,
        cached: (app) =>
          all(app)
            .orderBy(order as never)
            .cache(),
        uncached: (app) => all(app).orderBy(order as never),
      }),
      () => ({
        name: `count of ${name}${label}`,
        cached: (app) => all(app).cache().count(),
        uncached: (app) => app.dataSource.manager.count(model as never, { where, withDeleted } as never),
      }),
      () => ({
        name: `count of ${name}${label}`,
        cached: (app) => all(app).cache().count(),
        uncached: (app) => app.dataSource.manager.count(model as never, { where, withDeleted } as never),
      }),
      () => {
        const [take, skip] = [1 + int(4), is(0.5) ? 0 : 1 + int(3)];
        return {
          name: `${skip}+${take} of ${name}${label}`,
          cached: (app) =>
            all(app)
              .orderBy(order as never)
              .limit(take)
              .offset(skip)
              .cache(),
          uncached: (app) =>
            all(app)
              .orderBy(order as never)
              .limit(take)
              .offset(skip),
        };
      },
      () => {
        const page = 1 + int(2);
        return {
          name: `page ${page} of ${name}${label}`,
          cached: async (app) => {
            const found = await all(app)
              .orderBy(order as never)
              .cache()
              .page({ page, size: 3 });
            return [found.items ?? (found as unknown as { rows: unknown }).rows, found.total];
          },
          uncached: async (app) => [
            await all(app)
              .orderBy(order as never)
              .limit(3)
              .offset((page - 1) * 3),
            await app.dataSource.manager.count(model as never, { where, withDeleted } as never),
          ],
        };
      },
    ])();
  };
  const row = (manager: new (...args: never[]) => unknown, key: unknown): Read => {
    const get = (cache: boolean) => (app: TestApp) =>
      (app.get(manager as never) as BaseCacheManager<Any>).get(key as never, { raiseException: false, cache } as never);
    return { name: `${manager.name} ${JSON.stringify(key)}`, cached: get(true), uncached: get(false) };
  };
  const itemOrder = () =>
    pick<Any>([
      { serial: direction },
      { stock: direction, serial: 'ASC' },
      { label: { size: direction }, serial: 'ASC' },
      { isLive: direction, serial: 'DESC' },
      { shop: { stars: direction }, serial: 'ASC' },
      { parent: { serial: direction }, serial: 'ASC' },
    ]);
  const items = () =>
    pick<() => Read>([
      () => build(Items, Item, itemWhere(random), itemOrder()),
      () => build(Items, Item, itemWhere(random), itemOrder()),
      () => build(ItemsJoined, Item, itemWhere(random), itemOrder()),
      () => build(ItemsWhole, Item, itemWhere(random), itemOrder()),
    ])();
  return pick<() => Read>([
    items,
    items,
    items,
    () =>
      build(
        Shops,
        Shop,
        pick<Any>([
          {},
          { isOpen: true },
          { isOpen: false, stars: int(4) },
          { stars: MoreThan(1) },
          { region: { rank: int(3) } },
          { region: { code: pick(CODES) } },
          { regionCode: pick(CODES), isOpen: is(0.5) },
          { number: In([0, 2]) },
        ]),
        { stars: direction, number: 'ASC', regionCode: 'ASC' },
      ),
    () =>
      build(ShopsWhole, Shop, pick<Any>([{}, { isOpen: true }, { stars: int(4) }, { items: { isLive: true } }]), {
        number: 'ASC',
        regionCode: 'ASC',
      }),
    () =>
      build(
        Lites,
        ItemLite,
        pick<Any>([{ stock: String(int(4)) }, { isLive: is(0.5) }, { isLive: true, stock: String(int(4)) }]),
        { serial: 'ASC' },
      ),
    () =>
      build(
        Profiles,
        Profile,
        pick<Any>([
          { level: int(3) },
          { bio: pick(['p', 'P', 'q']) },
          { item: { isLive: is(0.5) } },
          { item: { stock: String(int(4)), kind: 'new' } },
          { itemId: pick(uuids) },
        ]),
        { level: 'ASC', itemId: 'ASC' },
      ),
    ...[
      [Payments, Payment] as const,
      [PlainPayments, Payment] as const,
      [Cashes, Cash] as const,
      [Cards, Card] as const,
    ].flatMap(([manager, model]) => {
      const one = () =>
        build(
          manager as never,
          model,
          pick<Any | Any[]>([
            {},
            { bucket: int(4) },
            { bucket: IsNull() },
            { bucket: Not(int(4)) },
            { amount: MoreThan(int(4)) },
            { amount: int(5), bucket: int(4) },
            { item: { isLive: is(0.5) } },
            { item: { id: pick(uuids) } },
            { item: { stock: String(int(4)) } },
            { item: { shop: { isOpen: is(0.5) } } },
            [{ bucket: int(4) }, { item: { kind: 'used' } }],
            ...(model === Cash ? [{ coins: int(3) }, { coins: IsNull() }] : []),
            ...(model === Card ? [{ brand: pick(['visa', 'Visa', 'mc']) }, { brand: Not('mc') }] : []),
          ]),
          pick<Any>([
            { amount: direction, id: 'ASC' },
            { item: { serial: direction }, id: 'ASC' },
          ]),
        );
      return [one];
    }),
    () =>
      build(
        Ledgers,
        LedgerSchema,
        pick<Any>([
          { owner: pick(['ann', 'Ann', 'bob']) },
          { owner: IsNull() },
          { owner: Not('bob') },
          { total: int(4) },
          { total: LessThan(2), owner: pick(['ann', 'bob']) },
        ]),
        { total: direction, id: 'ASC' },
      ),
    () => row(pick([Items, ItemsJoined, ItemsWhole]) as never, pick(uuids)),
    () => row(pick([Payments, PlainPayments, Cashes, Cards]) as never, 1 + int(8)),
    () => row(Profiles as never, pick(uuids)),
    () => row(Ledgers as never, 1 + int(5)),
    () => row(Shops as never, { regionCode: pick(CODES), number: int(3) }),
  ])();
}

let serials = 0;

function writeOf(
  random: Random,
  dataSource: DataSource,
): { name: string; run: (manager: EntityManager) => Promise<unknown> } {
  const { int, pick, is } = random;
  const [a, b] = [pick(uuids), pick(uuids)];
  const live = is(0.5);
  const stock = String(int(4));
  const [kind, kind2] = [pick(['new', 'used', 'Old'] as const), pick(['new', 'used', 'Old'] as const)];
  const shop = is(0.25) ? null : { regionCode: pick(CODES), number: int(3) };
  const parent = is(0.4) ? null : { id: pick(uuids) };
  const label = { text: pick(['a', 'A', 'b', 'c']), size: is(0.3) ? null : int(3) };
  const day = is(0.3) ? null : `2024-01-0${1 + int(4)}`;
  const twice = is(0.3) ? null : int(4);
  const note = is(0.3) ? null : pick(['n', 'N', 'm']);
  const price = `${int(4)}.50`;
  const bucket = is(0.3) ? null : int(4);
  const amount = int(6);
  const payment = 1 + int(8);
  const payment2 = 1 + int(8);
  const where = pick<Any>([{ bucket: int(4) }, { item: { id: a } }, { id: payment }]);
  const ledger = 1 + int(5);
  const owner = is(0.2) ? null : pick(['ann', 'Ann', 'bob']);
  const code = pick(CODES);
  const number = int(3);
  const rank = int(3);
  const stars = int(4);
  const other = int(4);
  const serial = int(9);
  const q = (name: string) => dataSource.driver.escape(name);
  const p = (i: number) => dataSource.driver.createParameter(String(i), i - 1);
  const col = (entity: unknown, property: string) =>
    q(dataSource.getMetadata(entity as never).findColumnWithPropertyPath(property)!.databaseName);
  const whole = () => ({ serial: 10 + ++serials, price, day, stock, kind, isLive: live, twice, label, shop, note });
  const all: [string, (manager: EntityManager) => Promise<unknown>][] = [
    ['live', (m) => m.update(Item, a, { isLive: live })],
    ['live by serial', (m) => m.update(Item, { serial }, { isLive: live })],
    ['stock', (m) => m.update(Item, { id: a }, { stock })],
    ['stock of two', (m) => m.update(Item, { id: In([a, b]) }, { stock })],
    ['stock+1', (m) => m.increment(Item, { id: a }, 'stock', 1)],
    ['stock-1', (m) => m.decrement(Item, { id: a }, 'stock', 1)],
    ['kind', (m) => m.update(Item, a, { kind })],
    ['kind if kind', (m) => m.update(Item, { id: a, kind: kind2 }, { kind })],
    ['kind if live', (m) => m.update(Item, { isLive: live, kind: kind2 }, { kind })],
    ['label', (m) => m.update(Item, a, { label })],
    ['label text', (m) => m.update(Item, a, { label: { text: label.text } } as never)],
    ['day', (m) => m.update(Item, a, { day })],
    ['price', (m) => m.update(Item, a, { price })],
    ['twice', (m) => m.update(Item, a, { twice })],
    ['note', (m) => m.update(Item, a, { note })],
    ['shop', (m) => m.update(Item, a, { shop } as never)],
    [
      'shop by relation',
      async (m) =>
        shop &&
        m
          .createQueryBuilder()
          .relation(Item, 'shop')
          .of(a)
          .set((shop && { regionCode: shop.regionCode, number: shop.number }) as never),
    ],
    ['parent', (m) => m.update(Item, a, { parent } as never)],
    ['price and live', (m) => m.update(Item, a, { price, isLive: live })],
    ['live by lite', (m) => m.update(ItemLite, a, { isLive: live })],
    ['stock by lite', (m) => m.update(ItemLite, a, { stock })],
    [
      'save lite',
      async (m) =>
        (await m.existsBy(ItemLite, { id: a })) &&
        m.save(ItemLite, { id: a, serial: 100 + uuids.indexOf(a), stock } as never),
    ],
    [
      'save',
      async (m) => {
        const found = await m.findOne(Item, { where: { id: a } });
        if (found) await m.save(Object.assign(found, { stock, isLive: live, kind }));
      },
    ],
    [
      'save partly',
      async (m) => {
        if (await m.existsBy(Item, { id: a }))
          await m.save(Item, { id: a, kind, label: { size: label.size } } as never);
      },
    ],
    ['soft-delete', (m) => m.softDelete(Item, a)],
    ['soft-delete by serial', (m) => m.softDelete(Item, { serial })],
    ['restore', (m) => m.restore(Item, a)],
    ['restore two', (m) => m.restore(Item, { id: In([a, b]) })],
    [
      'soft-remove',
      async (m) => {
        const found = await m.findOne(Item, { where: { id: a } });
        if (found) await m.softRemove(found);
      },
    ],
    [
      'recover',
      async (m) => {
        const found = await m.findOne(Item, { where: { id: a }, withDeleted: true });
        if (found) await m.recover(found);
      },
    ],
    ['delete', (m) => m.delete(Item, a)],
    ['insert', (m) => m.insert(Item, { id: a, ...whole() } as never)],
    ['insert with parent', (m) => m.insert(Item, { id: a, ...whole(), parent } as never)],
    ['insert another', (m) => m.insert(Item, whole() as never)],
    ['upsert', (m) => m.upsert(Item, { id: a, ...whole() } as never, ['id'])],
    ['upsert by serial', (m) => m.upsert(Item, { ...whole(), serial } as never, ['serial'])],
    [
      'builder',
      (m) =>
        m
          .createQueryBuilder()
          .update(Item)
          .set({ isLive: live, stock: () => `${col(Item, 'serial')}` } as never)
          .where('id = :a', { a })
          .execute(),
    ],
    [
      'builder or',
      (m) =>
        m
          .createQueryBuilder()
          .update(Item)
          .set({ kind })
          .where('id = :a OR serial = :serial', { a, serial })
          .updateEntity(false)
          .execute(),
    ],
    [
      'raw update',
      (m) =>
        m.query(
          `UPDATE ${q('item')} SET ${col(Item, 'isLive')} = ${p(1)}, ${col(Item, 'stock')} = ${p(2)} WHERE ${q('id')} = ${p(3)}`,
          [dataSource.options.type === 'postgres' ? live : Number(live), stock, a],
        ),
    ],
    [
      'raw literal',
      (m) =>
        m.query(
          `UPDATE ${q('item')} SET ${col(Item, 'stock')} = ${stock}, ${col(Item, 'kind')} = '${kind}' WHERE ${q('id')} = '${a}' AND ${col(Item, 'serial')} < 50`,
        ),
    ],
    ['raw delete', (m) => m.query(`DELETE FROM ${q('item')} WHERE ${q('id')} = '${a}'`)],
    ['profile', (m) => m.save(Profile, { itemId: a, bio: pick(['p', 'P', 'q']), level: rank } as never)],
    ['profile level', (m) => m.update(Profile, a, { level: rank })],
    ['profile bio', (m) => m.update(Profile, { itemId: a }, { bio: pick(['p', 'P', 'q']) })],
    ['profile gone', (m) => m.delete(Profile, a)],
    ['cash', (m) => m.save(Cash, { amount, bucket, item: { id: a }, coins: is(0.3) ? null : int(3) } as never)],
    [
      'card',
      (m) => m.insert(Card, { amount, bucket, item: { id: a }, brand: pick(['visa', 'Visa', 'mc', null]) } as never),
    ],
    ['bucket', (m) => m.update(pick([Payment, Cash, Card]), payment, { bucket })],
    ['bucket where', (m) => m.update(pick([Payment, Cash, Card]), where as never, { bucket })],
    ['amount', (m) => m.update(pick([Payment, Cash, Card]), payment, { amount })],
    ['amount+1', (m) => m.increment(Payment, { id: payment }, 'amount', 1)],
    ['amount+1 of cash', (m) => m.increment(Cash, { bucket: other }, 'amount', 1)],
    ['coins', (m) => m.update(Cash, payment, { coins: int(3) })],
    ['brand', (m) => m.update(Card, payment, { brand: pick(['visa', 'Visa', 'mc']) })],
    ['payment to', (m) => m.update(Payment, payment, { item: { id: b } })],
    ['payment soft', (m) => m.softDelete(pick([Payment, Cash, Card]), payment)],
    ['payment soft where', (m) => m.softDelete(Payment, where as never)],
    ['payment back', (m) => m.restore(pick([Payment, Cash, Card]), { id: In([payment, payment2]) })],
    ['payment gone', (m) => m.delete(pick([Payment, Cash, Card]), payment)],
    [
      'payment saved',
      async (m) => {
        const found = await m.findOne(Payment, { where: { id: payment } });
        if (found) await m.save(Object.assign(found, { bucket, amount }));
      },
    ],
    ['payment upsert', (m) => m.upsert(Payment, { id: payment, amount, bucket, item: { id: a } } as never, ['id'])],
    [
      'raw type',
      (m) =>
        m.query(`UPDATE ${q('payment')} SET ${q('type')} = '${pick(['Cash', 'Card'])}' WHERE ${q('id')} = ${payment}`),
    ],
    ['shop open', (m) => m.update(Shop, { regionCode: code, number }, { isOpen: live })],
    ['shop stars', (m) => m.update(Shop, { regionCode: code, number }, { stars })],
    ['shop stars of number', (m) => m.update(Shop, { number }, { stars })],
    ['shop save', (m) => m.save(Shop, { regionCode: code, number, isOpen: live, stars } as never)],
    ['shop upsert', (m) => m.upsert(Shop, { regionCode: code, number, isOpen: live, stars }, ['regionCode', 'number'])],
    ['shop soft', (m) => m.softDelete(Shop, { regionCode: code, number })],
    ['shop back', (m) => m.restore(Shop, { regionCode: code, number })],
    ['shop gone', (m) => m.delete(Shop, { regionCode: code, number })],
    ['region rank', (m) => m.update(Region, code, { rank })],
    ['region title', (m) => m.update(Region, code, { title: pick(['x', 'y']) })],
    ['region save', (m) => m.save(Region, { code, title: pick(['x', 'y', 'Y']), rank })],
    ['region gone', (m) => (is(0.3) ? m.delete(Region, code) : Promise.resolve())],
    ['ledger', (m) => m.insert(LedgerSchema, { id: 5 + ++serials, owner, total: other } as never)],
    ['ledger total', (m) => m.update(LedgerSchema, ledger, { total: other })],
    ['ledger owner', (m) => m.update(LedgerSchema, ledger, { owner } as never)],
    ['ledger total+', (m) => m.increment(LedgerSchema, { id: ledger }, 'total', 1)],
    ['ledger of owner', (m) => m.update(LedgerSchema, { owner: pick(['ann', 'bob']) }, { total: other })],
    ['ledger gone', (m) => m.delete(LedgerSchema, ledger)],
    ['ledger again', (m) => m.insert(LedgerSchema, { id: ledger, owner, total: other } as never)],
  ];
  const one = pick(all);
  if (is(0.8)) return { name: one[0], run: one[1] };
  const two = pick(all);
  const rolls = is(0.25);
  return {
    name: `${one[0]} and ${two[0]} in a transaction${rolls ? ', rolled back' : ''}`,
    run: (manager) =>
      manager.transaction(async (inside) => {
        await one[1](inside);
        await two[1](inside);
        if (rolls) throw new Error('constraint: rolled back');
      }),
  };
}

function comparable(value: unknown): string {
  return JSON.stringify(value, (name, inner: unknown) => {
    if (!Array.isArray(inner) || !['items', 'children'].includes(name)) return inner;
    return inner
      .map((each) => JSON.parse(comparable(each)) as { id: string })
      .toSorted((x, y) => (x.id < y.id ? -1 : 1));
  });
}

async function seedRows(dataSource: DataSource): Promise<void> {
  const { manager } = dataSource;
  for (const [i, code] of CODES.entries()) {
    await manager.save(Region, { code, title: 'x', rank: i });
    for (let number = 0; number < 3; number++)
      await manager.save(Shop, { regionCode: code, number, isOpen: number > 0, stars: number + i } as never);
  }
  for (const [i, id] of uuids.entries())
    await manager.insert(Item, {
      id,
      serial: i,
      price: `${i % 4}.50`,
      stock: String(i % 4),
      kind: i % 2 ? 'new' : 'used',
      label: { text: 'a', size: i % 3 },
      shop: { regionCode: CODES[i % 3]!, number: i % 3 },
      parent: i > 3 ? { id: uuids[i - 4]! } : null,
    } as never);
  for (const [i, id] of uuids.entries()) {
    if (i % 2) await manager.save(Profile, { itemId: id, bio: 'p', level: i % 3 } as never);
    if (i % 2) await manager.save(Cash, { amount: i, bucket: i % 4, item: { id } } as never);
    else await manager.save(Card, { amount: i, bucket: i % 4, item: { id }, brand: 'visa' } as never);
  }
  for (let i = 0; i < 4; i++)
    await manager.insert(LedgerSchema, { id: i + 1, owner: i % 2 ? 'ann' : 'bob', total: i } as never);
}

const IN_THE_WAY = /foreign key|constraint|duplicate|unique/i;

const ROUNDS = Number(process.env.QSCACHE_FUZZ_ROUNDS ?? 25);

async function fuzz(database: TestDatabase, seed: number, redisUrl?: string): Promise<{ hits: number; ideal: number }> {
  const options = await database.options();
  const namespace = `fuzz-${randomUUID()}`;
  const open = (synchronize: boolean) =>
    createTestApp({
      database: { ...options, entities, synchronize } as DataSourceOptions,
      managers,
      store: redisUrl === undefined ? 'memory' : 'ioredis-yet',
      ...(redisUrl !== undefined && { redisUrl, options: { namespace } }),
    });
  const apps = [await open(true)];
  if (redisUrl !== undefined) apps.push(await open(false));
  const random = randomOf(seed);
  await seedRows(apps[0]!.dataSource);
  const reads = Array.from({ length: 60 }, () => readOf(random));
  const counts = { hits: 0, ideal: 0 };
  const shown = new Map<string, string>();
  const history: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < 6; i++) {
      const which = random.int(apps.length);
      const app = apps[which]!;
      const read = random.pick(reads);
      const from = app.events.length;
      const found = comparable(await read.cached(app));
      if (app.events.slice(from).some(({ name }) => name === 'entry:hit')) counts.hits++;
      await app.settled();
      const wanted = comparable(await read.uncached(app));
      if (found !== wanted) {
        let at = 0;
        while (found[at] === wanted[at]) at++;
        console.error(
          `MISMATCH ${database.name} seed ${seed} round ${round} app ${which}: ${read.name}\nafter\n${history.slice(-24).join('\n')}\n  found ${found.slice(Math.max(0, at - 100), at + 150)}\n wanted ${wanted.slice(Math.max(0, at - 100), at + 150)}`,
        );
      }
      expect(found === wanted, `seed ${seed}, round ${round}, app ${which}: ${read.name}`).toBe(true);
      if (shown.get(read.name) === found) counts.ideal++;
      shown.set(read.name, found);
      history.push(`    read ${which} ${read.name}`);
    }
    const batch = random.is(0.15) ? 3 : 1;
    const writes = Array.from({ length: batch }, () => {
      const app = random.pick(apps);
      return { app, write: writeOf(random, app.dataSource) };
    });
    const run = async ({ app, write }: (typeof writes)[number]) => {
      history.push(`  write ${apps.indexOf(app)} ${write.name}`);
      try {
        await write.run(app.dataSource.manager);
      } catch (error) {
        if (
          !IN_THE_WAY.test((error as Error).message) &&
          !/deadlock|could not serialize|has changed since/i.test((error as Error).message)
        )
          throw error;
        history.push(`    failed: ${(error as Error).message.slice(0, 80)}`);
      }
    };
    if (batch === 1 || database.name === 'sqljs') for (const each of writes) await run(each);
    else {
      // Reads among them: what they find is not compared, but is what is read later.
      const among = Array.from({ length: 6 }, () => ({ app: random.pick(apps), read: random.pick(reads) }));
      await Promise.all([...writes.map(run), ...among.map(({ app, read }) => read.cached(app))]);
      for (const app of apps) await app.settled();
    }
  }
  return counts;
}

const SEEDS = Number(process.env.QSCACHE_FUZZ ?? 1);
const from = process.env.QSCACHE_FUZZ_FROM;
const first = from === undefined ? (SEEDS > 1 ? Date.now() % 1_000_000 : 1) : Number(from);
const seeds = Array.from({ length: SEEDS }, (_, i) => first + i);

describeDatabases('What is read by keys and columns of every kind while anything is written', (database) => {
  it.each(seeds)('is what the database has (seed %i)', { timeout: 120_000 }, async (seed) => {
    const { hits } = await fuzz(database, seed);

    expect(hits).toBeGreaterThan(0);
  });

  if (database.name === 'sqljs') return;
  describeWith('redis', 'over Redis', (url) => {
    it.each(seeds)('is what the database has (Redis, seed %i)', { timeout: 120_000 }, async (seed) => {
      const { hits } = await fuzz(database, seed, url);
      expect(hits).toBeGreaterThan(0);
    });
  });
});
