import { EqualityCache, IdealCache, TableLevelCache } from './caches.mjs';
import { resultText } from './comparable.mjs';
import { IDEAL, OURS } from './names.mjs';
import { Tally } from './tally.mjs';

/**
 * Sends operations through all caches, one after the other.
 *
 * @param wasHit does a read of ours under a key, and tells whether it was a hit, or what it was lost to
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
    const result = resultText(operation.expected(rows), operation.isOrdered);
    const { isHit: isOurs, loss } = await wasHit(operation.key, () => readChecked(operation, result));
    const hits = { [OURS]: isOurs };
    const entry = { key: operation.key, conditions: operation.conditions(rows), result };
    for (const [name, cache] of Object.entries(others)) hits[name] = cache.read(entry);
    if (!isOurs && hits[IDEAL]) needless.set(loss, (needless.get(loss) ?? 0) + 1);
    for (const [name, isHit] of Object.entries(hits)) {
      if (isHit && !hits[IDEAL]) throw tooGood(name, operation.key);
      tallies[name].add(operation.kind, isHit);
    }
  }
  return { tallies, writes, needless };
}

async function readChecked(read, written) {
  const found = resultText(await read.load(), read.isOrdered);
  if (found === written) return;
  throw new Error(
    `A read of ${read.key} showed other rows than were written, so no ratio of this run means anything.\nread:    ${found}\nwritten: ${written}`,
  );
}

/** Of a cache that is compared with ours the scenario's conditions may be too narrow. */
function tooGood(cache, key) {
  return new Error(
    `A read of ${key} counts as a hit of ${cache} although its result has changed since, so its ratio would be that of a cache which serves old rows. See what the scenario says of its tables.`,
  );
}
