// What no cache of this kind can be faster than: they check nothing, keep nothing right and return no entities.

export function parseRows(rows) {
  return { name: 'floor: JSON.parse', returns: 'plain', read: async (shape) => JSON.parse(rows.get(shape.name)) };
}

export function getEntry({ redis, id }) {
  return { name: 'floor: GET our entry', returns: 'text', read: (shape) => redis.get(`${id}:entry:${shape.name}`) };
}

export function getAndParseRows({ redis, id }) {
  return {
    name: 'floor: GET + JSON.parse',
    returns: 'plain',
    read: async (shape) => JSON.parse(await redis.get(`${id}:rows:${shape.name}`)),
  };
}
