import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { UnsupportedValueError } from '../errors.js';
import type { RowFactory } from './compile-rows.js';
import { freezeData, isPrimitive, makeAnew } from './freeze-data.js';
import type { Member, MemberGroup } from './member.js';
import type { BoundBlock } from './payload-reader.js';
import type { PayloadBlock } from './payload.js';

/**
 * Makes each row once and freezes it.
 *
 * @param own makes a row of one's own, of each block
 */
export function shareRows(own: ReadonlyMap<PayloadBlock, RowFactory>): (bound: BoundBlock) => RowFactory {
  return ({ block, shape: { group, metadata }, compiled, make }) => {
    const filled = new Set(compiled.steps.map(({ member }) => member));
    const groups = [group, ...[...filled].flatMap(({ inside }) => inside ?? [])];
    for (const { accessors } of groups) {
      for (const { path } of accessors) throw unshareable(metadata, path, 'has a setter, and what that hides');
    }
    const makeOwn = own.get(block)!;
    const made: ObjectLiteral[] = [];
    return (row) => (made[row] ??= freezeObject(metadata, make(row), group, filled, () => makeOwn(row)));
  };
}

/**
 * An entity, or an object embedded in it.
 *
 * @param filled what the payload says; all else a constructor has made, perhaps for several
 * @param again makes the same once more
 */
function freezeObject(
  metadata: EntityMetadata,
  object: ObjectLiteral,
  group: MemberGroup,
  filled: ReadonlySet<Member>,
  again: () => unknown,
): ObjectLiteral {
  for (const key of Reflect.ownKeys(object)) {
    const property = Object.getOwnPropertyDescriptor(object, key)!;
    const value: unknown = property.value;
    // A function is called, which changes nothing that is frozen.
    if (!property.get && (isPrimitive(value) || typeof value === 'function')) continue;
    // The getter of a lazy relation that is loaded writes nothing down.
    if (property.get && typeof key === 'string' && object[`__${key}__`] !== undefined) continue;
    const anew = () => (again() as Record<PropertyKey, unknown>)[key];
    const member = typeof key === 'string' ? group.members.get(key) : undefined;
    if (member && filled.has(member)) {
      if (member.inside) {
        freezeObject(metadata, value as ObjectLiteral, member.inside, filled, anew);
        continue;
      }
      if (!member.transform && freezeData(value, anew)) continue;
    }
    if (!property.configurable) throw unshareable(metadata, group.path + String(key), 'cannot be redefined, and it');
    makeAnew(object, key, anew);
  }
  return Object.freeze(object);
}

function unshareable({ name }: EntityMetadata, path: string, why: string): UnsupportedValueError {
  return new UnsupportedValueError(
    `${name}.${path} ${why} cannot be frozen, so instances of ${name} cannot be shared. Read copies of them.`,
  );
}
