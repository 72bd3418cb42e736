/** Conditions joined one inside the other, in halves: SQLite takes an expression 1,000 deep, and a row of them is as deep as it is long. */
export function inHalves(conditions: readonly string[], by: 'AND' | 'OR'): string {
  if (conditions.length < 2) return conditions.join();
  const half = conditions.length >> 1;
  return `(${inHalves(conditions.slice(0, half), by)} ${by} ${inHalves(conditions.slice(half), by)})`;
}
