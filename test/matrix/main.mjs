// Tries the packed library in applications of other versions: node test/matrix/main.mjs [--all] [--only NAME] [--keep] [--write]
//
// See CONTRIBUTING.md. Redis and the databases come from where `npm test` has them.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cleanUp, defer, exitCode } from '../../scripts/processes.mjs';
import { findService } from '../../scripts/services/find-service.mjs';
import { mariadb } from '../../scripts/services/mariadb.mjs';
import { postgres } from '../../scripts/services/postgres.mjs';
import { redis } from '../../scripts/services/redis.mjs';
import { bringUpToDate } from '../../scripts/up-to-date.mjs';
import { combinations, writeSeen } from './combinations.mjs';
import { withServices } from './database.mjs';
import { pack } from './npm.mjs';
import { failure, line, table } from './report.mjs';
import { tryOut } from './steps.mjs';
import { withVersions } from './versions.mjs';

const { values: options } = parseArgs({
  options: {
    all: { type: 'boolean' },
    only: { type: 'string', multiple: true },
    keep: { type: 'boolean' },
    write: { type: 'boolean' },
  },
});
let code = 1;

try {
  code = await runChosen();
} catch (error) {
  console.error(error.output ?? error.message);
} finally {
  await cleanUp();
  process.exitCode = exitCode(code);
}

/** What was seen goes into the data file, and from there into the README. */
async function writeVersions(outcomes) {
  writeSeen(Object.fromEntries(outcomes.map(({ combination: { name }, failed }) => [name, failed ? 'red' : 'green'])));
  await writeFile('README.md', withVersions(await readFile('README.md', 'utf8'), combinations()));
}

async function runChosen() {
  const combinationsToTry = chosen();
  await bringUpToDate();
  const services = await findServices(combinationsToTry);
  const folder = await mkdtemp(join(tmpdir(), 'qscache-matrix-'));
  defer(() => rm(folder, { recursive: true, force: true }));
  const tarball = join(folder, await pack(folder));
  const outcomes = await twoAtOnce(combinationsToTry, (combination) => attempt(combination, tarball, services));
  console.log(`\n${table(outcomes)}`);
  const red = outcomes.filter(({ failed }) => failed);
  for (const outcome of red) console.error(failure(outcome));
  for (const [name, { origin, skipped }] of Object.entries(services)) {
    console.log(`${name.padEnd(10)}  ${origin ?? `skipped, so what needs it ran in memory only: ${skipped}`}`);
    // As for `npm test`.
    if (skipped && process.env.CI === 'true') throw new Error(`Without ${name} the matrix shows too little for CI.`);
  }
  if (options.write) await writeVersions(outcomes);
  console.log(`\n${outcomes.length - red.length} passed, ${red.length} failed`);
  return red.length > 0 ? 1 : 0;
}

function chosen() {
  const all = combinations();
  const unknown = options.only?.find((name) => !all.some((combination) => combination.name === name));
  if (unknown) throw new Error(`There is no combination ${unknown}: ${all.map(({ name }) => name).join(', ')}.`);
  if (options.only) return all.filter(({ name }) => options.only.includes(name));
  return options.all ? all : all.filter(({ corner }) => corner);
}

/** Redis, and the databases these combinations ask for. */
async function findServices(all) {
  const services = {};
  for (const service of [redis, postgres, mariadb]) {
    const isNeeded = service === redis || all.some(({ database }) => database === service.name);
    if (isNeeded) services[service.name] = await findService(service);
  }
  return services;
}

async function attempt(combination, tarball, services) {
  const { database: kind } = combination;
  const addresses = { kind, database: services[kind].url, store: services.redis.url };
  const outcome = await withServices(addresses, (environment) =>
    tryOut(combination, { tarball, environment, keep: options.keep }),
  );
  console.log(line(outcome));
  return outcome;
}

/** One installs while the other compiles. In the order of the items. */
async function twoAtOnce(items, work) {
  const results = [];
  const rest = [...items.entries()];
  const worker = async () => {
    for (let next = rest.shift(); next; next = rest.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all([worker(), worker()]);
  return results;
}
