import assert from 'node:assert/strict';

/** Figures are worth nothing unless every candidate returns the right thing, and caches without asking the database. */
export async function verify([reference, ...candidates], shapes) {
  for (const shape of shapes) {
    const found = await reference.read(shape);
    for (const { name, returns, read } of candidates) {
      await read(shape);
      mustEqual(await read(shape), found, returns, `${name} does not return the ${shape.name} that TypeORM finds`);
    }
  }
}

/** Of what `find` returns, a cache returns `entities`, `frozen` ones, `plain` objects, or the `text` they are stored as. */
export function mustEqual(result, found, returns, problem) {
  if (returns === 'text') return assert.equal(typeof result, 'string', problem);
  if (returns === 'frozen') assert.ok(Object.isFrozen(result), problem);
  const expected = returns === 'plain' ? JSON.parse(JSON.stringify(found)) : found;
  assert.deepEqual(inOrder(copyOf(result)), inOrder(expected), problem);
}

/** No query asked for an order. */
function inOrder(result) {
  const byId = (a, b) => a.id - b.id;
  if (Array.isArray(result)) return result.map(inOrder).toSorted(byId);
  return result?.users ? Object.assign(result, { users: result.users.toSorted(byId) }) : result;
}

/** Of the same classes, and not frozen: dates that are have a prototype of their own. */
function copyOf(value) {
  if (value instanceof Date) return new Date(value);
  if (Array.isArray(value)) return value.map(copyOf);
  if (Object(value) !== value) return value;
  const copy = Object.create(Object.getPrototypeOf(value));
  for (const key of Object.keys(value)) copy[key] = copyOf(value[key]);
  return copy;
}
