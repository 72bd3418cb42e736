import { Column, Entity, ManyToOne, OneToMany, PrimaryGeneratedColumn } from 'typeorm';
import type { SetMaker } from '../entity-set.js';

/** Fields that nobody maps, with values from the beginning. */
@Entity()
class Initialized {
  unmapped = 'first';

  @PrimaryGeneratedColumn()
  id: number;

  list: string[] = [];

  @Column({ type: 'varchar', length: 40 })
  name = 'default';

  @Column({ type: 'varchar', length: 40, nullable: true })
  note: string | null = null;

  counter = { value: 0 };

  declared?: string;

  say = (): string => `I am ${this.name}`;
}

@Entity()
class Constructed {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @OneToMany(() => ConstructedPart, (part) => part.whole)
  parts: ConstructedPart[];

  readonly made: string;

  constructor(name?: string) {
    this.made = `for ${name ?? 'nobody'}`;
    if (name) this.name = name;
  }
}

@Entity()
class ConstructedPart {
  readonly kind = 'part';

  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  @ManyToOne(() => Constructed, (whole) => whole.parts)
  whole: Constructed | null;
}

/** Columns behind accessors, with a private field, a plain one, and a getter that changes what it gives. */
@Entity()
class Guarded {
  #name = '';
  _note: string | null = null;

  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 40 })
  get name(): string {
    return this.#name;
  }

  set name(value: string) {
    this.#name = value;
  }

  @Column({ type: 'varchar', length: 40, nullable: true })
  get note(): string | null {
    return this._note;
  }

  set note(value: string | null) {
    this._note = value;
  }
}

@Entity()
class LossyGetter {
  _name = '';

  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 40 })
  get name(): string {
    return this._name.trim();
  }

  set name(value: string) {
    this._name = value;
  }

  get raw(): string {
    return this._name;
  }
}

const secrets = new WeakMap<object, string>();

@Entity()
class Secretive {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 40 })
  get name(): string {
    return secrets.get(this) ?? '';
  }

  set name(value: string) {
    secrets.set(this, value);
  }
}

const origin = Symbol.for('qscache:origin');

@Entity()
class Symbolic {
  [origin] = 'class';

  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;
}

@Entity()
class Hiding {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  constructor() {
    Object.defineProperty(this, 'hidden', { value: { of: 'all' }, enumerable: false });
  }
}

@Entity()
class Sealed {
  @PrimaryGeneratedColumn()
  id: number = 0;

  @Column({ type: 'varchar', length: 40 })
  name: string = '';

  constructor() {
    Object.seal(this);
  }
}

const names = ['a', ' b ', ''];
/** Whoever constructs one gets another object instead. */
@Entity()
class Proxied {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 40 })
  name: string;

  constructor() {
    return new Proxy(this, {});
  }
}

/** New ones each time: TypeORM writes keys into what it inserts. */
const rows = () => names.map((name) => ({ name }));

export const classSets: SetMaker[] = [false, true].flatMap((entitySkipConstructor): SetMaker[] => {
  const how = entitySkipConstructor ? 'constructors not called' : 'constructors called';
  const options = { entitySkipConstructor };
  return [
    () => ({
      name: `fields with initial values, ${how}`,
      entities: [Initialized],
      options,
      fill: (manager) => manager.insert(Initialized, [...rows(), { name: 'd', note: 'n' }]),
      managers: [{ model: Initialized }],
    }),
    () => ({
      name: `constructors with state, ${how}`,
      entities: [Constructed, ConstructedPart],
      options,
      fill: async (manager) => {
        await manager.insert(Constructed, rows());
        await manager.insert(ConstructedPart, [
          { name: 'x', whole: { id: 1 } },
          { name: 'y', whole: null },
        ]);
      },
      managers: [
        { model: Constructed, joined: ['parts'] },
        { model: Constructed, prefetched: ['parts.whole'] },
        { model: ConstructedPart, prefetched: ['whole'] },
      ],
    }),
    // A private field is made by the constructor: without it TypeORM itself cannot set one.
    () =>
      entitySkipConstructor
        ? undefined
        : {
            name: `columns behind accessors, ${how}`,
            entities: [Guarded],
            options,
            fill: (manager) => manager.query(insertNames('guarded')),
            managers: [{ model: Guarded, details: 3 }],
          },
    () => ({
      name: `getters that give less than setters take, ${how}`,
      entities: [LossyGetter],
      options,
      fill: (manager) => manager.query(insertNames('lossy_getter')),
      managers: [{ model: LossyGetter, details: 3 }],
    }),
    () => ({
      name: `columns kept in a WeakMap, ${how}`,
      entities: [Secretive],
      options,
      fill: (manager) => manager.query(insertNames('secretive')),
      managers: [{ model: Secretive }],
    }),
    () => ({
      name: `symbols, ${how}`,
      entities: [Symbolic],
      options,
      fill: (manager) => manager.insert(Symbolic, rows()),
      managers: [{ model: Symbolic }],
    }),
    () => ({
      name: `properties that do not enumerate, ${how}`,
      entities: [Hiding],
      options,
      fill: (manager) => manager.insert(Hiding, rows()),
      managers: [{ model: Hiding }],
    }),
    () => ({
      name: `proxies, ${how}`,
      entities: [Proxied],
      options,
      fill: (manager) => manager.query(insertNames('proxied')),
      managers: [
        entitySkipConstructor
          ? { model: Proxied }
          : { model: Proxied, uncached: { reason: 'unsupported', why: 'what a Proxy does cannot be read' } },
      ],
    }),
    () => ({
      name: `sealed entities, ${how}`,
      entities: [Sealed],
      options,
      fill: (manager) => manager.query(insertNames('sealed')),
      managers: [{ model: Sealed }],
    }),
  ];
});

function insertNames(table: string): string {
  return `INSERT INTO ${table} (name) VALUES ${names.map((name) => `('${name}')`).join()}`;
}
