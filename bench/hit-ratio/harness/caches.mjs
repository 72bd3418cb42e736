// What nestjs-qscache is compared with. Each has what a cache has: `read()` says whether that was a hit and keeps the entry, `write()` drops
// what a change of one row makes stale. An entry has its `key`; its `conditions`, which are of each table it reads the ways a row can be one of
// its own, equal values all of them; and the `result` as text, which only the ideal cache looks at.

/** What most caches over an ORM do: a write to a table drops every entry that reads it. */
export class TableLevelCache {
  #entries = new Map();

  read({ key, conditions }) {
    const isHit = this.#entries.has(key);
    if (!isHit) this.#entries.set(key, conditions);
    return isHit;
  }

  write({ table }) {
    for (const [key, conditions] of this.#entries) if (conditions[table]) this.#entries.delete(key);
  }
}

/**
 * The rule of django-cacheops (https://github.com/Suor/django-cacheops): a write to a row drops an entry when the row, as it was before or as it
 * is now, has the values the entry asks for. What is asked otherwise than by equality is not looked at, nor what was changed of the row. A table
 * that is joined without conditions is asked for nothing, so that any write to it drops; cacheops itself leaves out such joins and serves old rows.
 */
export class EqualityCache {
  #entries = new Map();

  read({ key, conditions }) {
    const isHit = this.#entries.has(key);
    if (!isHit) this.#entries.set(key, conditions);
    return isHit;
  }

  write({ table, before, after }) {
    for (const [key, conditions] of this.#entries) {
      const ways = conditions[table];
      if (ways && (meetsAny(before, ways) || meetsAny(after, ways))) this.#entries.delete(key);
    }
  }
}

function meetsAny(row, ways) {
  return row !== undefined && ways.some((way) => meets(row, way));
}

function meets(row, way) {
  for (const column in way) if (row[column] !== way[column]) return false;
  return true;
}

/**
 * Drops an entry only when its result has changed, which it finds out when the entry is read next: by then it may have changed back, so that no
 * cache that listens to writes can have more hits.
 */
export class IdealCache {
  #results = new Map();

  read({ key, result }) {
    const isHit = this.#results.get(key) === result;
    if (!isHit) this.#results.set(key, result);
    return isHit;
  }

  write() {}
}
