import { isDeepStrictEqual } from 'node:util';
import type { ObjectLiteral } from 'typeorm';
import { reviveCell } from './cells.js';
import { isSameKind, type Member, type MemberGroup } from './member.js';
import type { Origin, Origins } from './origins.js';
import type { Packed } from './values.js';

/** One assignment that filled an object; of a column its cell, to make the value anew. */
export interface Step {
  readonly member: Member;
  readonly value: unknown;
  readonly cell: Packed | undefined;
}

/**
 * What filled an object, in TypeORM's order: columns as the metadata has them, then relations as they came. A property that nobody
 * saw being set was not selected, unless it is the object's own.
 */
export function stepsOf(
  group: MemberGroup,
  from: ObjectLiteral,
  origins: Origins | undefined,
): { member: Member; origin?: Origin }[] {
  const isOwn = (member: Member) => Object.hasOwn(from, member.name);
  const members = [...group.members.values()];
  const columns = members.filter((member) => member.isColumn || member.inside);
  const others = Object.keys(from).flatMap((name) => group.members.get(name) ?? []);
  const hidden = members.filter((member) => group.accessors.has(member) && !isOwn(member));
  return [...new Set([...columns, ...others, ...hidden])].flatMap((member) => {
    const origin = group.accessors.has(member) && !isOwn(member) ? origins?.get(member.path) : undefined;
    return origin ? { member, origin } : isOwn(member) ? { member } : [];
  });
}

/** Fills another object in the same way, and names the property in which the two differ. */
export function differenceOfReplay(
  group: MemberGroup,
  from: ObjectLiteral,
  steps: readonly Step[],
): string | undefined {
  // Ids of relations are set in a way that nobody sees.
  const unseen = [...group.accessors].find(({ isColumn, relation, inside }) => !isColumn && !relation && !inside);
  if (unseen) return unseen.name;
  const last = steps.at(-1)?.member.name ?? [...group.accessors][0]!.name;
  try {
    const again = group.create();
    for (const { member, value, cell } of steps) {
      again[member.name] = cell === undefined ? value : reviveCell(cell, member.transform);
    }
    const keys = Reflect.ownKeys(from);
    const others = Reflect.ownKeys(again);
    const different = keys.find((key, place) => key !== others[place] || !isSame(again, from, key));
    if (different !== undefined) return String(different);
    if (others.length > keys.length) return String(others[keys.length]);
    return undefined;
  } catch {
    // A setter that does not take the same twice.
    return last;
  }
}

function isSame(one: object, other: object, key: PropertyKey): boolean {
  const a = Object.getOwnPropertyDescriptor(one, key)!;
  const b = Object.getOwnPropertyDescriptor(other, key)!;
  return isSameKind(a, b) && isDeepStrictEqual(a.value, b.value);
}
