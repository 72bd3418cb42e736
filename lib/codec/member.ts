import { isDeepStrictEqual } from 'node:util';
import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Transform } from './transform.js';

/** One property of an entity, or of an object embedded in it. */
export interface Member {
  /** Its place among the entity's members. */
  readonly number: number;
  readonly name: string;
  /** From the entity, for messages: `size.width`. */
  readonly path: string;
  readonly group: MemberGroup;
  readonly transform?: Transform;
  readonly relation?: EntityMetadata['relations'][number];
  /** The members of the embedded object this is. */
  readonly inside?: MemberGroup;
}

/** The members of an entity or of an embedded object, by name. */
export class MemberGroup {
  readonly members = new Map<string, Member>();
  /** Members the class declares as `get name() {} set name(value) {}`: they are no own properties, what is behind them is. */
  readonly accessors: Member[] = [];
  #blank: ObjectLiteral | undefined;

  constructor(
    readonly prototype: object,
    readonly create: () => ObjectLiteral,
    /** What the paths of the members start with. */
    readonly path: string,
    /** The object's name in compiled code. */
    readonly variable: string,
  ) {}

  add(member: Member): void {
    this.members.set(member.name, member);
    if (isAccessor(this.prototype, member.name)) this.accessors.push(member);
  }

  /** Whether the value is an object of this very class: a subclass would come back as this one. */
  describes(value: unknown): value is ObjectLiteral {
    return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === this.prototype;
  }

  /** Whether the property comes back though it is not written: made by the constructor, or by a setter from what is written. */
  recreates(name: string, of: ObjectLiteral): boolean {
    if (this.accessors.length > 0) return this.#refills(name, of);
    this.#blank ??= this.create();
    return this.#blank[name] !== undefined;
  }

  #refills(name: string, of: ObjectLiteral): boolean {
    try {
      const again = this.create();
      for (const accessor of this.accessors)
        if (of[accessor.name] !== undefined) again[accessor.name] = of[accessor.name];
      return isDeepStrictEqual(again[name], of[name]);
    } catch {
      // A setter that refuses what its getter gave cannot bring it back.
      return false;
    }
  }
}

function isAccessor(prototype: object, name: string): boolean {
  for (let at: object | null = prototype; at; at = Object.getPrototypeOf(at)) {
    const property = Object.getOwnPropertyDescriptor(at, name);
    if (property) return 'get' in property;
  }
  return false;
}
