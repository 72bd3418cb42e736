// Runs a command with Redis, PostgreSQL and MariaDB at hand: node scripts/with-services.mjs vitest run test/unit
//
// Their addresses are in the command's environment, or the reason why there is none. In CI a missing service is a failure.
// With `--set-up` before the command it brings the clone up to date first.
import { cleanUp, exitCode, runInForeground } from './processes.mjs';
import { findService } from './services/find-service.mjs';
import { mariadb } from './services/mariadb.mjs';
import { postgres } from './services/postgres.mjs';
import { redis } from './services/redis.mjs';
import { bringUpToDate } from './up-to-date.mjs';

const setUp = process.argv[2] === '--set-up';
const [command, ...args] = process.argv.slice(setUp ? 3 : 2);
const found = new Map();
let code = 1;

try {
  if (setUp) await bringUpToDate();
  for (const service of [redis, postgres, mariadb]) found.set(service, await findService(service));
  code = await runInForeground(command, args, { env: { ...process.env, ...environment() } });
  report();
} catch (error) {
  console.error(error.output ?? error.message);
  code = error.exitCode ?? 1;
} finally {
  await cleanUp();
  process.exitCode = exitCode(code);
}

function environment() {
  return Object.fromEntries(
    [...found].map(([{ variable }, { url, skipped }]) => (url ? [variable, url] : [`${variable}_SKIPPED`, skipped])),
  );
}

function report() {
  console.log('Services');
  for (const [{ title }, { origin, skipped }] of found)
    console.log(`  ${title.padEnd(10)}  ${origin ?? `skipped: ${skipped}`}`);
  const skipped = [...found.values()].some((service) => service.skipped);
  if (skipped && process.env.CI === 'true') {
    console.error('A service is missing, so part of the tests did not run: a failure in CI.');
    code ||= 1;
  }
}
