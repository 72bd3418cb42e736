import {
  Column,
  JoinColumn,
  ManyToOne,
  OneToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type ObjectLiteral,
} from 'typeorm';
import type { DatabaseName } from '../entity-set.js';
import { entityClass, type EntityClass, property } from './decorate.js';

/** A kind of primary key, for any number of entities of one set. */
export interface Key {
  define(target: EntityClass): void;
  /** The key of a row, by its number from 1; nothing for one that the database makes. */
  row(number: number): ObjectLiteral;
  /** Entities the keys refer to. */
  readonly holders: readonly EntityClass[];
  /** Their rows, for so many keys. */
  holderRows(count: number): readonly (readonly [EntityClass, ObjectLiteral[]])[];
  /** Relations that are part of the key. */
  readonly relations: readonly string[];
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

function simple(define: (target: EntityClass) => void, row: (number: number) => ObjectLiteral): Key {
  return { define, row, holders: [], holderRows: () => [], relations: [] };
}

const varchar = { type: 'varchar', length: 40 } as const;

export const keys: Record<string, (database: DatabaseName) => Key> = {
  generated: () =>
    simple(
      (target) => property(target, 'id', PrimaryGeneratedColumn()),
      () => ({}),
    ),
  composite: () =>
    simple(
      (target) => {
        property(target, 'shop', PrimaryColumn(varchar));
        property(target, 'no', PrimaryColumn('int'));
      },
      (number) => ({ shop: number % 2 ? 'north' : 'süd', no: Math.ceil(number / 2) }),
    ),
  'composite of foreign keys': () => {
    const region = entityClass('Region');
    property(region, 'code', PrimaryColumn(varchar));
    property(region, 'name', Column(varchar));
    const grade = entityClass('Grade');
    property(grade, 'id', PrimaryColumn('int'));
    property(grade, 'name', Column(varchar));
    return {
      define: (target) => {
        property(target, 'regionCode', PrimaryColumn(varchar));
        property(target, 'gradeId', PrimaryColumn('int'));
        property(
          target,
          'region',
          ManyToOne(() => region),
          JoinColumn({ name: 'regionCode' }),
        );
        property(
          target,
          'grade',
          ManyToOne(() => grade),
          JoinColumn({ name: 'gradeId' }),
        );
      },
      row: (number) => ({ regionCode: number % 2 ? 'n' : 's', gradeId: Math.ceil(number / 2) }),
      holders: [region, grade],
      holderRows: (count) => [
        [
          region,
          [
            { code: 'n', name: 'North' },
            { code: 's', name: 'South' },
          ],
        ],
        [grade, numbers(count).map((id) => ({ id, name: `grade ${id}` }))],
      ],
      relations: ['region', 'grade'],
    };
  },
  uuid: () =>
    simple(
      (target) => property(target, 'id', PrimaryGeneratedColumn('uuid')),
      (number) => ({ id: `a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a${number + 10}` }),
    ),
  string: () =>
    simple(
      (target) => property(target, 'slug', PrimaryColumn(varchar)),
      (number) => ({ slug: ['a b', 'ключ:1', '1', '%25', "o'_'", '日本'][number - 1] }),
    ),
  bigint: (database) =>
    simple(
      (target) => property(target, 'id', PrimaryColumn('bigint')),
      // SQLite in JavaScript reads numbers.
      (number) => ({ id: database === 'sqljs' ? 2 ** 40 + number : String(2n ** 62n + BigInt(number)) }),
    ),
  embedded: () => {
    const place = { Place: class {} }.Place as EntityClass;
    property(place, 'shop', Column({ ...varchar, primary: true }));
    property(place, 'no', Column({ type: 'int', primary: true }));
    return simple(
      (target) =>
        property(
          target,
          'place',
          Column(() => place),
        ),
      (number) => ({ place: { shop: number % 2 ? 'north' : 'south', no: number } }),
    );
  },
  'a relation': () => {
    const owner = entityClass('Owner');
    property(owner, 'id', PrimaryColumn('int'));
    property(owner, 'name', Column(varchar));
    return {
      define: (target) => {
        property(target, 'ownerId', PrimaryColumn('int'));
        property(
          target,
          'owner',
          OneToOne(() => owner),
          JoinColumn({ name: 'ownerId' }),
        );
      },
      row: (number) => ({ ownerId: number }),
      holders: [owner],
      holderRows: (count) => [[owner, numbers(count).map((id) => ({ id, name: `owner ${id}` }))]],
      relations: ['owner'],
    };
  },
};
