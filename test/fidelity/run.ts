import { bootApplication, type StoreName } from './application.js';
import type { DatabaseServer } from './database.js';
import type { SetMaker } from './entity-set.js';
import { examine } from './examine.js';
import { Tally } from './tally.js';

export interface Result {
  readonly set: string;
  readonly store: StoreName;
  readonly tally: Tally;
  /** Why reads may not be cached, as the set declares. */
  readonly reasons: ReadonlyMap<string, string>;
}

/** A set on one database with every store. */
export async function runSet(
  make: SetMaker,
  server: DatabaseServer,
  stores: readonly StoreName[],
  redisUrl: string,
): Promise<Result[]> {
  const set = make(server.kind);
  if (!set) return [];
  const reasons = new Map(set.managers.flatMap(({ uncached }) => (uncached ? [[uncached.reason, uncached.why]] : [])));
  const results = stores.map((store): Result => ({ set: set.name, store, tally: new Tally(), reasons }));
  let database: Awaited<ReturnType<DatabaseServer['create']>> | undefined;
  try {
    database = await server.create(set);
    for (const [i, { store, tally }] of results.entries()) {
      const application = await bootApplication(database.options, set.managers, store, redisUrl);
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
