import { names } from '../names.mjs';

// What no cache of this kind can be faster than: they check nothing, keep nothing right and return no entities.

export function parseRows(rows) {
  return { name: names.parse, returns: 'plain', read: async (shape) => JSON.parse(rows.get(shape.name)) };
}

export function getEntry({ redis, id }) {
  return { name: names.entry, returns: 'text', read: (shape) => redis.get(`${id}:entry:${shape.name}`) };
}

export function getAndParseRows({ redis, id }) {
  return {
    name: names.floor,
    returns: 'plain',
    read: async (shape) => JSON.parse(await redis.get(`${id}:rows:${shape.name}`)),
  };
}

/** The rows of each shape as JSON, and in Redis, with the text of our entry where there are `ours`. */
export async function storeTexts({ redis, id }, shapes, reference, ours) {
  const rows = new Map();
  for (const shape of shapes) {
    const text = JSON.stringify(await reference.read(shape));
    rows.set(shape.name, text);
    await redis?.set(`${id}:rows:${shape.name}`, text);
    if (ours) await redis.set(`${id}:entry:${shape.name}`, await ours.entry(shape));
  }
  return rows;
}
