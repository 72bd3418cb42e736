import { Entity, type EntityOptions, type ObjectLiteral } from 'typeorm';

export type EntityClass = new () => ObjectLiteral;

/** A class without any field of its own, as JavaScript and older TypeScript make them; TypeORM decides what it has, and in which order. */
export function entityClass(name: string, options: EntityOptions = {}): EntityClass {
  const target = { [name]: class {} }[name]!;
  Entity(options)(target);
  return target;
}

/** Decorators, applied in code. */
export function property(target: EntityClass, name: string, ...decorators: PropertyDecorator[]): void {
  for (const decorator of decorators) decorator(target.prototype as object, name);
}
