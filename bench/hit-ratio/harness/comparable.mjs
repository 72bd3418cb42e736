/**
 * A result as text, the same for entities and for plain rows that hold the same: properties by their names, and lists by their ids but for
 * those that the query has put in order.
 */
export function resultText(result, isOrdered = false) {
  return JSON.stringify(comparable(result, isOrdered));
}

function comparable(value, isOrdered) {
  if (Array.isArray(value)) {
    const items = value.map((item) => comparable(item, false));
    return isOrdered ? items : items.sort((one, other) => one.id - other.id);
  }
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, comparable(value[name], false)]),
  );
}
