import { Inject, Optional } from '@nestjs/common';

/** Ties a manager that Nest has made to its DataSource and the application's cache. @throws {InvalidConfigurationError} */
export type BindManager = (manager: object) => void;

const tokens = new WeakMap<object, symbol>();

/**
 * The token under which a module finds what binds the managers of this class. Nest hands it to every instance as a property, before it
 * hands the instance to anybody: so a manager works in the constructor of whoever injects it, whichever module has made it.
 */
export function bindingToken(managerClass: { readonly name: string; readonly prototype: object }): symbol {
  const known = tokens.get(managerClass);
  if (known) return known;
  const token = Symbol(`QSCACHE_BINDING_OF_${managerClass.name}`);
  tokens.set(managerClass, token);
  // A property for each class: one that extends another registered one is handed the bindings of both.
  const property = Symbol(`qscache:binding of ${managerClass.name}`);
  Object.defineProperty(managerClass.prototype, property, {
    set(this: object, bind: unknown) {
      // What a test's mocker makes up where there is no binding may be anything.
      if (typeof bind === 'function') (bind as BindManager)(this);
    },
  });
  Inject(token)(managerClass.prototype, property);
  // A module that does not import the feature is told so once all modules stand, in words of ours.
  Optional()(managerClass.prototype, property);
  return token;
}
