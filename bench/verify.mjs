import assert from 'node:assert/strict';

/** Figures are worth nothing unless every candidate returns the right thing, and caches without asking the database. */
export async function verify(candidates, shapes) {
  const [reference] = candidates;
  for (const shape of shapes) {
    const found = inOrder(await reference.read(shape));
    const expected = { entities: found, plain: JSON.parse(JSON.stringify(found)) };
    for (const { name, returns, read } of candidates) {
      await read(shape);
      const result = await read(shape);
      const problem = `${name} does not return the ${shape.name} that TypeORM finds`;
      if (returns === 'text') assert.equal(typeof result, 'string', problem);
      else assert.deepEqual(inOrder(result), expected[returns], problem);
    }
  }
}

/** No query asked for an order. */
function inOrder(result) {
  const byId = (a, b) => a.id - b.id;
  if (Array.isArray(result)) return result.toSorted(byId);
  return Object.assign(result, { users: result.users.toSorted(byId) });
}
