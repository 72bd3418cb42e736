// node bench/start.mjs main|http/main|bursts [options]: finds or starts PostgreSQL and Redis as `npm test` does, then measures in a process of its
// own: nothing of this one disturbs it.
import { fileURLToPath } from 'node:url';
import { cleanUp, exitCode, runInForeground } from '../scripts/processes.mjs';
import { findService } from '../scripts/services/find-service.mjs';
import { postgres } from '../scripts/services/postgres.mjs';
import { redis } from '../scripts/services/redis.mjs';

const variables = new Map([
  [postgres, 'QSCACHE_BENCH_POSTGRES_URL'],
  [redis, 'QSCACHE_BENCH_REDIS_URL'],
]);
const env = { ...process.env };
const [what, ...options] = process.argv.slice(2);
let code = 1;

try {
  for (const [service, variable] of variables) {
    if (env[variable]) continue;
    const { url, skipped } = await findService(service);
    if (url) env[variable] = url;
    else console.log(`Without ${service.title}, because ${skipped}.`);
  }
  const file = fileURLToPath(new URL(`${what}.mjs`, import.meta.url));
  code = await runInForeground(process.execPath, [file, ...options], { env });
} catch (error) {
  console.error(error.message);
} finally {
  await cleanUp();
  process.exitCode = exitCode(code);
}
