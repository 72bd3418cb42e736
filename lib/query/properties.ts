/** The properties of a condition as TypeORM walks them: what it inherits counts. */
export function properties(of: object): [name: string, value: unknown][] {
  const all: [string, unknown][] = [];
  for (const name in of) all.push([name, (of as Record<string, unknown>)[name]]);
  return all;
}
