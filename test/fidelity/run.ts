import { bootApplication, type StoreName } from './application.js';
import { createDatabase, type FilledDatabase } from './database.js';
import type { DatabaseName, SetMaker } from './entity-set.js';
import { examine } from './examine.js';
import { Tally } from './tally.js';

export interface Result {
  readonly set: string;
  readonly store: StoreName;
  readonly tally: Tally;
  /** Why reads may not be cached, as the set declares. */
  readonly reasons: ReadonlyMap<string, string>;
}

export interface Places {
  readonly database: DatabaseName;
  readonly databaseUrl: string;
  readonly stores: readonly StoreName[];
  readonly redisUrl: string;
}

/** A set on one kind of database with every store. */
export async function runSet(make: SetMaker, places: Places): Promise<Result[]> {
  const set = make(places.database);
  if (!set) return [];
  const reasons = new Map(set.managers.flatMap(({ uncached }) => (uncached ? [[uncached.reason, uncached.why]] : [])));
  const results = places.stores.map((store): Result => ({ set: set.name, store, tally: new Tally(), reasons }));
  let database: FilledDatabase | undefined;
  try {
    database = await createDatabase(places.database, places.databaseUrl, set);
    for (const [i, { store, tally }] of results.entries()) {
      const application = await bootApplication(database.options, set.managers, store, places.redisUrl);
      try {
        for (const [number, shape] of set.managers.entries()) {
          await examine(application, shape, number, tally, i === 0);
        }
      } finally {
        await application.close();
      }
    }
  } catch (error) {
    for (const { tally } of results) tally.fail('the set', (error as Error).stack ?? String(error));
  } finally {
    await database?.drop();
  }
  return results;
}
