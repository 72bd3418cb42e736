import type { EntityMetadata } from 'typeorm';

type Column = EntityMetadata['columns'][number];

/** What a column of its own holds, outside of embedded ones. */
export function propertyOf({ propertyPath, isVirtual }: Column, entity: object): unknown {
  return isVirtual ? undefined : ownValue(entity, propertyPath);
}

/** What was hydrated there, and no setter has made something else of. */
export function ownValue(entity: object, property: string): unknown {
  return Object.getOwnPropertyDescriptor(entity, property)?.value as unknown;
}
