import { JoinColumn, JoinTable, ManyToMany, ManyToOne, OneToMany, OneToOne, type RelationOptions } from 'typeorm';
import { type EntityClass, property } from './decorate.js';

/** A kind of relation and its inverse, between two entities or of one with itself. */
export interface RelationKind {
  readonly self: boolean;
  /** Declares `name` on the owner and `${name}Back` on the other. */
  define(owner: EntityClass, other: EntityClass, name: string, options?: RelationOptions, back?: RelationOptions): void;
  /** By the owner's number, the numbers of what it refers to. */
  readonly links: Readonly<Record<number, readonly number[]>>;
  readonly toMany: boolean;
}

type Declare = RelationKind['define'];

const oneToOne: Declare = (owner, other, name, options = {}, back = {}) => {
  property(
    owner,
    name,
    OneToOne(() => other, `${name}Back`, { nullable: true, ...options }),
    JoinColumn(),
  );
  property(
    other,
    `${name}Back`,
    OneToOne(() => owner, name, back),
  );
};

const manyToOne: Declare = (owner, other, name, options = {}, back = {}) => {
  property(
    owner,
    name,
    ManyToOne(() => other, `${name}Back`, { nullable: true, ...options }),
  );
  property(
    other,
    `${name}Back`,
    OneToMany(() => owner, name, back),
  );
};

const manyToMany: Declare = (owner, other, name, options = {}, back = {}) => {
  property(
    owner,
    name,
    ManyToMany(() => other, `${name}Back`, options),
    JoinTable(),
  );
  property(
    other,
    `${name}Back`,
    ManyToMany(() => owner, name, back),
  );
};

const one = { 1: [1], 2: [3], 4: [2] };
const few = { 1: [1], 2: [1], 3: [2], 5: [4] };
const many = { 1: [1, 2], 2: [1], 3: [3, 2, 1], 5: [4] };

export const relationKinds: Record<string, RelationKind> = {
  'one-to-one': { self: false, define: oneToOne, links: one, toMany: false },
  'many-to-one': { self: false, define: manyToOne, links: few, toMany: false },
  'many-to-many': { self: false, define: manyToMany, links: many, toMany: true },
  'one-to-one with itself': { self: true, define: oneToOne, links: { 1: [2], 2: [3], 4: [4] }, toMany: false },
  'many-to-one with itself': {
    self: true,
    define: manyToOne,
    links: { 2: [1], 3: [1], 4: [3], 5: [5] },
    toMany: false,
  },
  'many-to-many with itself': { self: true, define: manyToMany, links: many, toMany: true },
};
