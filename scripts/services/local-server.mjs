// A service started from a program on this machine: on a free port, in a temporary directory, both given back afterwards.
import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { chown, mkdtemp, rm, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { defer, run, serve } from '../processes.mjs';

const memory = '/dev/shm';
/** Four times what the databases of a run take. */
const enoughBytes = 2 ** 31;

export async function startLocally(service) {
  const programs = findPrograms(service);
  await service.check?.(programs, run);

  const directory = await mkdtemp(join(await temporaryFolder(), `qscache-${service.name}-`));
  defer(() => rm(directory, { recursive: true, force: true }));
  const user = await unprivilegedUser();
  if (user) await chown(directory, user.uid, user.gid);

  const port = await freePort();
  const options = { ...user, cwd: directory, env: { PATH: process.env.PATH, HOME: directory, LC_ALL: 'C' } };
  await service.start(programs, {
    port,
    directory,
    run: (command, args) => run(command, args, options),
    serve: (command, args, how) => serve(command, args, { ...options, ...how }),
  });
  return { url: service.url(port), origin: `started ${programs.server} on port ${port}` };
}

/**
 * In memory, where a machine has it: databases are made and dropped by the hundred, and on a disk each takes longer than the one
 * before, in the end twenty times as long.
 */
async function temporaryFolder() {
  try {
    const { bavail, bsize } = await statfs(memory);
    accessSync(memory, constants.W_OK);
    return bavail * bsize < enoughBytes ? tmpdir() : memory;
  } catch {
    return tmpdir(); // Not on Linux, or not for us.
  }
}

/** Rejects with a reason when one of the service's programs is missing. */
function findPrograms({ programs, folders }) {
  const places = [...(process.env.PATH ?? '').split(delimiter), ...folders()];
  return Object.fromEntries(
    Object.entries(programs).map(([role, names]) => {
      const found = names.flatMap((name) => places.map((place) => join(place, name))).find(isExecutable);
      if (!found) throw new Error(`no ${names.join(' or ')} on this machine`);
      return [role, found];
    }),
  );
}

/** PostgreSQL and MariaDB refuse to run as root. */
async function unprivilegedUser() {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag) => Number(await run('id', [flag, 'nobody']));
  return { uid: await id('-u'), gid: await id('-g') };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // Absent or not ours to run: the same to a search.
  }
}
