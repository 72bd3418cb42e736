import { Column, Entity, PrimaryColumn, type EntityMetadata, type ObjectLiteral } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { recordHydration } from '../../../lib/codec/hydration.js';
import { metadataOf } from '../../fixtures/codec/metadata.js';
import { expectSame } from '../../support/expect-same.js';
import { dataSourceOf } from '../../support/typeorm.js';

class Range {
  @Column({ nullable: true, type: 'int' })
  from: number | null;

  #to: number | null = null;

  @Column({ nullable: true, type: 'int' })
  get to(): number | null {
    return this.#to;
  }

  set to(value: number | null) {
    this.#to = value;
  }
}

@Entity()
class Account {
  constructed = true;
  opened = new Date(0);
  declared?: number;
  protected readonly visits = new Map<string, number>();

  @PrimaryColumn()
  id: number;

  @Column('varchar')
  role = 'guest';

  @Column(() => Range)
  hours: Range;
}

@Entity()
class Person {
  protected _name: string | undefined;

  @PrimaryColumn()
  id: number;

  @Column('varchar')
  get name() {
    return this._name;
  }

  set name(value: string | undefined) {
    this._name = value?.trim();
  }
}

@Entity()
class Shouter {
  protected _name?: string;

  @PrimaryColumn()
  id: number;

  @Column('varchar')
  get name() {
    return `${this._name}!`;
  }

  set name(value: string) {
    this._name = value;
  }
}

/** As TypeORM fills an entity, besides what it never does. */
function fill(metadata: EntityMetadata, fields: ObjectLiteral): ObjectLiteral {
  const entity = metadata.create(undefined, { fromDeserializer: true });
  const others = { ...fields };
  for (const column of metadata.columns) {
    const { propertyName, embeddedMetadata } = column;
    if (embeddedMetadata && fields[embeddedMetadata.propertyName] instanceof Range) {
      column.setEntityValue(entity, column.getEntityValue(fields));
      delete others[embeddedMetadata.propertyName];
    } else if (!embeddedMetadata && Object.hasOwn(fields, propertyName)) {
      column.setEntityValue(entity, fields[propertyName]);
      delete others[propertyName];
    }
  }
  return Object.assign(entity, others);
}

async function roundTrip<T extends ObjectLiteral>(target: new () => T, options: object, ...fields: object[]) {
  const metadata = await metadataOf(target, [target], options);
  const rows = (await recordHydration(dataSourceOf(metadata), async () =>
    fields.map((some) => fill(metadata, some)),
  )) as T[];
  const codec = entityCodec(metadata);
  const decoded = codec.decode(codec.encode(rows)) as T[];
  expectSame(decoded, rows);
  return decoded;
}

describe('decoded entities', () => {
  it('run the constructor, as TypeORM does', async () => {
    const [account] = await roundTrip(Account, {}, { id: 1, role: 'admin' });
    expect(account).toMatchObject({ constructed: true, role: 'admin' });
  });

  it('run no constructor where TypeORM is told so', async () => {
    const [account] = await roundTrip(Account, { entitySkipConstructor: true }, { id: 1 });
    expect(Object.keys(account!)).toEqual(['id']);
  });

  it('have undefined where a transformer gave it, whatever the constructor sets', async () => {
    await roundTrip(Account, {}, { id: 1, role: undefined }, { id: 2 });
  });

  it('have the name of their type where TypeORM puts it', async () => {
    const [account] = await roundTrip(Account, { typename: '__typename' }, { id: 1 });
    expect(account).toMatchObject({ __typename: 'Account' });
  });

  it('have accessors filled through their setters', async () => {
    const [person] = await roundTrip(Person, {}, { id: 1, name: ' Ann ' }, { id: 2 });
    expect(person!.name).toBe('Ann');
    await roundTrip(Person, { entitySkipConstructor: true }, { id: 1, name: 'Ann' }, { id: 2 });
  });

  it('have what the setter took, whatever the getter gives', async () => {
    const [shouter] = await roundTrip(Shouter, {}, { id: 1, name: 'Ann' });
    expect(shouter!.name).toBe('Ann!');
  });

  it('have embedded objects of their class, with what is behind its setters', async () => {
    const hours = Object.assign(new Range(), { from: 9, to: 17 });
    const [account] = await roundTrip(Account, {}, { id: 1, hours }, { id: 2 });
    expect(account!.hours).toBeInstanceOf(Range);
    expect(account!.hours.to).toBe(17);
  });

  it('are refused when a field that is not mapped holds what the constructor does not put there', async () => {
    await expect(roundTrip(Account, {}, { id: 1, declared: 3 })).rejects.toThrow('Account.declared');
  });

  it('are refused when an embedded object is of another class', async () => {
    await expect(roundTrip(Account, {}, { id: 1, hours: { from: 9 } })).rejects.toThrow('Account.hours');
  });
});
