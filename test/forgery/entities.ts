import {
  ChildEntity,
  Column,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  TableInheritance,
} from 'typeorm';

/** One of each kind of cell: what is written for a column depends on its values. */

class Size {
  @Column('int', { nullable: true })
  width: number | null;

  @Column('simple-json', { nullable: true })
  unit: unknown;
}

@Entity()
export class Maker {
  #name: string;

  @PrimaryColumn('int')
  id: number;

  @Column('varchar')
  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    this.#name = name;
  }

  @OneToMany(() => Thing, (thing) => thing.maker)
  things: Thing[];
}

@Entity()
export class Label {
  @PrimaryColumn('varchar')
  text: string;

  @ManyToMany(() => Label)
  @JoinTable()
  like: Label[];
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
export class Thing {
  @PrimaryColumn('int')
  id: number;

  @Column('datetime', { nullable: true })
  at: Date | null;

  @Column('blob', { nullable: true })
  bytes: Buffer | null;

  @Column('simple-json', { nullable: true })
  data: unknown;

  @Column('varchar', {
    transformer: {
      to: (value: bigint) => String(value),
      from: (text: string | null) => (text === null ? null : BigInt(text)),
    },
  })
  count: bigint;

  @Column('double')
  ratio: number;

  @Column(() => Size)
  size: Size;

  @ManyToOne(() => Maker, (maker) => maker.things)
  maker: Maker | null;

  @ManyToMany(() => Label)
  @JoinTable()
  labels: Label[];
}

@ChildEntity()
export class Tool extends Thing {
  @Column('varchar', { nullable: true })
  use: string | null;
}
