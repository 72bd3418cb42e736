import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DatabaseName } from './entity-set.js';
import { parseOptions } from './options.js';
import { failureCount, report } from './report.js';
import type { Result } from './run.js';
import type { Task } from './worker.js';

// npm run fidelity -- [--database sqljs,postgres,mariadb] [--store memory,...] [--only text] [--all]: see CONTRIBUTING.md

const { databases, stores, only, all } = parseOptions(process.argv.slice(2));
const variables = {
  sqljs: undefined,
  postgres: 'QSCACHE_TEST_POSTGRES_URL',
  mariadb: 'QSCACHE_TEST_MARIADB_URL',
} as const;
const redisUrl = stores.some((store) => store !== 'memory') ? urlOf('QSCACHE_TEST_REDIS_URL') : '';
const tasks = databases.map((database): Task => {
  const variable = variables[database];
  return { database, databaseUrl: variable ? urlOf(variable) : '', stores, redisUrl, only };
});

const results = new Map<DatabaseName, readonly Result[]>();
await Promise.all(tasks.map(async (task) => results.set(task.database, await run(task))));
console.log(report(results, all));
const compared = [...results.values()].flat().length;
if (!compared) console.error(`No set is called "${only}", so nothing was compared.`);
process.exitCode = failureCount(results) || !compared ? 1 : 0;

async function run(task: Task): Promise<readonly Result[]> {
  const worker = fork(fileURLToPath(new URL('worker.js', import.meta.url)), { serialization: 'advanced' });
  worker.send(task);
  const ended = once(worker, 'exit').then(([code]: unknown[]): never => {
    throw new Error(`The comparison on ${task.database} ended with code ${String(code)} and without a result.`);
  });
  const [found] = (await Promise.race([once(worker, 'message'), ended])) as [readonly Result[]];
  ended.catch(() => undefined);
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
