import 'reflect-metadata';
import { DatabaseServer } from './database.js';
import type { DatabaseName } from './entity-set.js';
import { parseOptions } from './options.js';
import { failureCount, report } from './report.js';
import { type Result, runSet } from './run.js';
import { sets } from './sets/index.js';

// npm run fidelity -- [--database sqljs,postgres,mariadb] [--store memory,...] [--only text] [--all]: see CONTRIBUTING.md

const options = parseOptions(process.argv.slice(2));
const urls = { sqljs: undefined, postgres: 'QSCACHE_TEST_POSTGRES_URL', mariadb: 'QSCACHE_TEST_MARIADB_URL' } as const;
const redisUrl = options.stores.some((store) => store !== 'memory') ? urlOf('QSCACHE_TEST_REDIS_URL') : '';

// TypeORM leaves a second promise of a lazy relation that fails to nobody; its first one is compared.
process.on('unhandledRejection', () => undefined);

const results = new Map<DatabaseName, readonly Result[]>();
// Side by side: while one waits for its server, another one compares.
await Promise.all(options.databases.map(async (kind) => results.set(kind, await runAll(kind))));
console.log(report(results, options.all));
process.exitCode = failureCount(results) ? 1 : 0;

async function runAll(kind: DatabaseName): Promise<Result[]> {
  const variable = urls[kind];
  const server = new DatabaseServer(kind, variable ? urlOf(variable) : '');
  const found: Result[] = [];
  try {
    for (const make of sets) {
      if (make(kind)?.name.includes(options.only))
        found.push(...(await runSet(make, server, options.stores, redisUrl)));
    }
  } finally {
    await server.close();
  }
  return found;
}

function urlOf(variable: string): string {
  const url = process.env[variable];
  if (url) return url;
  const reason = process.env[`${variable}_SKIPPED`] ?? 'it is not set';
  throw new Error(
    `The comparison needs ${variable}, and there is none: ${reason}. Set it to the URL of a server, or leave it out with --database or --store.`,
  );
}
