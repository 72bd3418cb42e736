/** A property inside an embedded entity has a dotted path: `address.city`. */
export function valueAt(object: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], object);
}

/** What a select or an order says of a relation, if it says more than yes or no. */
export function partAt(object: object | undefined, path: string): object | undefined {
  const value = object && valueAt(object, path);
  return typeof value === 'object' && value !== null ? value : undefined;
}

export function setValueAt(object: object, path: string, value: unknown): void {
  const names = path.split('.');
  const last = names.pop()!;
  const parent = names.reduce(
    (level, name) => (level[name] ??= {}) as Record<string, unknown>,
    object as Record<string, unknown>,
  );
  parent[last] = value;
}
