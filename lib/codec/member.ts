import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Transform } from './transform.js';

/** Whether assigning the property runs code of the class, whose effect only the class knows: `set name(value) {}`. */
export function isAccessor(prototype: object | null, name: string): boolean {
  for (let at = prototype; at; at = Object.getPrototypeOf(at) as object | null) {
    const property = Object.getOwnPropertyDescriptor(at, name);
    if (property) return !('value' in property);
  }
  return false;
}

/** The prototype of what a class makes; entities and embedded objects without a class are plain objects. */
export function prototypeOf(type: unknown): object {
  return typeof type === 'function' ? (type.prototype as object) : Object.prototype;
}

/** One property of an entity, or of an object embedded in it. */
export interface Member {
  /** Its place among the entity's members. */
  readonly number: number;
  readonly name: string;
  /** From the entity, for messages: `size.width`. */
  readonly path: string;
  readonly group: MemberGroup;
  readonly isColumn?: true;
  readonly transform?: Transform;
  readonly relation?: EntityMetadata['relations'][number];
  /** The members of the embedded object this is. */
  readonly inside?: MemberGroup;
}

/** The members of an entity or of an embedded object, by name. */
export class MemberGroup {
  readonly members = new Map<string, Member>();
  /** Members the class declares as `get name() {} set name(value) {}`: they are no own properties, what is behind them is. */
  readonly accessors = new Set<Member>();
  #blank: ObjectLiteral | undefined;
  #hasOddMembers: boolean | undefined;

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
    if (isAccessor(this.prototype, member.name)) this.accessors.add(member);
  }

  /** Whether the value is an object of this very class: a subclass would come back as this one. */
  describes(value: unknown): value is ObjectLiteral {
    return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === this.prototype;
  }

  /** Whether the constructor makes a column or relation something else than a property like any other. */
  get hasOddMembers(): boolean {
    return (this.#hasOddMembers ??= [...this.members.keys()].some((name) => {
      const made = this.#made(name);
      return made !== undefined && !isSameKind(made, ORDINARY);
    }));
  }

  /** Whether an object has the property, in this way, without anybody filling it. */
  makes(key: PropertyKey, of: object): boolean {
    const made = this.#made(key);
    const found = Object.getOwnPropertyDescriptor(of, key)!;
    return made !== undefined && isSameKind(made, found) && (made.value === undefined) === (found.value === undefined);
  }

  /** Whether assigning does no more than to set the property, as the constructor made it. */
  keeps(key: PropertyKey, of: object): boolean {
    const found = Object.getOwnPropertyDescriptor(of, key)!;
    return 'value' in found && isSameKind(this.#made(key) ?? ORDINARY, found);
  }

  #made(key: PropertyKey): PropertyDescriptor | undefined {
    return Object.getOwnPropertyDescriptor((this.#blank ??= this.create()), key);
  }
}

const ORDINARY: PropertyDescriptor = { value: undefined, writable: true, enumerable: true, configurable: true };

/** Whether two properties differ in their values at most. */
export function isSameKind(one: PropertyDescriptor, other: PropertyDescriptor): boolean {
  return (
    'value' in one === 'value' in other &&
    one.enumerable === other.enumerable &&
    one.writable === other.writable &&
    one.configurable === other.configurable
  );
}
