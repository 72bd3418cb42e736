import { EqualityCache, IdealCache, TableLevelCache } from './caches.mjs';
import { resultText } from './comparable.mjs';
import { IDEAL, OURS } from './names.mjs';
import { Tally } from './tally.mjs';

/**
 * Sends operations through all caches, one after the other.
 *
 * @param wasHit does a read of ours, and tells whether it was a hit, or what it was lost to
 * @returns of each cache how many reads there were and were hits, how many operations were writes, and what hits of the ideal cache were lost to
 * @throws for a read that shows anything but what was written, and for a hit that would
 */
export async function countHits(operations, { rows, manager, wasHit }) {
  const others = {
    'a table-level cache': new TableLevelCache(),
    'a cache with equality conditions': new EqualityCache(),
    [IDEAL]: new IdealCache(),
  };
  const tallies = Object.fromEntries([OURS, ...Object.keys(others)].map((name) => [name, new Tally()]));
  /** How many hits of the ideal cache ours has lost, by what it has lost them to. */
  const needless = new Map();
  let writes = 0;

  for (const operation of operations) {
    if (operation.write) {
      writes++;
      const changes = await operation.write(manager);
      for (const change of changes) for (const cache of Object.values(others)) cache.write(change);
      continue;
    }
    const entries = partsOf(operation).map((part) => entryOf(part, rows));
    const { isHit: isOurs, loss } = await wasHit(() => readChecked(operation, entries));
    const hits = { [OURS]: isOurs };
    for (const [name, cache] of Object.entries(others)) hits[name] = readAll(cache, entries);
    if (!isOurs && hits[IDEAL]) needless.set(loss, (needless.get(loss) ?? 0) + 1);
    for (const [name, isHit] of Object.entries(hits)) {
      if (isHit && !hits[IDEAL]) throw tooGood(name, operation.key);
      tallies[name].add(operation.kind, isHit);
    }
  }
  return { tallies, writes, needless };
}

/** A read of several entries at once has `parts`, and loads a list of their results. It is a hit when each of them is. */
function partsOf(read) {
  return read.parts ?? [read];
}

function entryOf({ key, expected, isOrdered, conditions }, rows) {
  return { key, conditions: conditions(rows), result: resultText(expected(rows), isOrdered) };
}

/** All of them: what one misses is in the cache after that. */
function readAll(cache, entries) {
  return entries.map((entry) => cache.read(entry)).every(Boolean);
}

async function readChecked(read, entries) {
  const loaded = await read.load();
  const results = read.parts ? loaded : [loaded];
  for (const [i, { isOrdered }] of partsOf(read).entries()) {
    const { key, result } = entries[i];
    const found = resultText(results[i], isOrdered);
    if (found === result) continue;
    throw new Error(
      `A read of ${key} showed other rows than were written, so no ratio of this run means anything.\nread:    ${found}\nwritten: ${result}`,
    );
  }
}

/** Of a cache that is compared with ours the scenario's conditions may be too narrow. */
function tooGood(cache, key) {
  return new Error(
    `A read of ${key} counts as a hit of ${cache} although its result has changed since, so its ratio would be that of a cache which serves old rows. See what the scenario says of its tables.`,
  );
}
