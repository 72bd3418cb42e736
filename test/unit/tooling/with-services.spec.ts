import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A server as `with-services` sees one: it says its version, says it is ready, and stays. */
const server = (version: string) => `
if [ "$1" = --version ]; then echo "Redis server v=${version} sha=00000000:0"; exit; fi
echo "$$ $*" > "$0.log"
echo "Ready to accept connections"
exec /bin/sleep 600
`;

const printUrl = 'echo "url=$QSCACHE_TEST_REDIS_URL because=$QSCACHE_TEST_REDIS_URL_SKIPPED"';

describe('with-services', () => {
  let programs: string;

  beforeEach(async () => {
    // Open to everyone: as root, servers run as nobody.
    programs = await mkdtemp(join(tmpdir(), 'qscache-programs-'));
    await chmod(programs, 0o777);
    const id = process.env['PATH']!.split(delimiter).map((place) => join(place, 'id'));
    await symlink(id.find(existsSync)!, join(programs, 'id'));
  });

  afterEach(() => rm(programs, { recursive: true, force: true }));

  it('hands on the addresses it was given, and the exit code of the command', async () => {
    const { code, output } = await finish(start(`${printUrl}; exit 7`, { QSCACHE_TEST_REDIS_URL: 'redis://given:1' }));

    expect(output).toContain('url=redis://given:1 because=\n');
    expect(output).toMatch(/Redis +given by QSCACHE_TEST_REDIS_URL/);
    expect(code).toBe(7);
  });

  it('starts a program on a port and in a directory of its own, and leaves nothing behind', async () => {
    const file = await install('redis-server', server('7.0.15'));

    const { code, output } = await finish(start(printUrl));

    const { pid, port, directory } = await started(file);
    expect(output).toContain(`url=redis://127.0.0.1:${port} because=\n`);
    expect(output).toContain(`started ${file} on port ${port}`);
    expect(code).toBe(0);
    expect(isRunning(pid)).toBe(false);
    expect(existsSync(directory)).toBe(false);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing behind when %s interrupts the command', async (signal) => {
    const file = await install('redis-server', server('7.0.15'));

    const run = start('echo running; exec /bin/sleep 600');
    while (!String(await once(run.stdout, 'data')).includes('running'));
    const { pid, directory } = await started(file);
    expect([isRunning(pid), existsSync(directory)]).toEqual([true, true]);
    run.kill(signal);

    expect(await finish(run)).toMatchObject({ code: { SIGINT: 130, SIGTERM: 143 }[signal] });
    expect([isRunning(pid), existsSync(directory)]).toEqual([false, false]);
  });

  it('falls back to Docker, in a project it removes', async () => {
    const file = await install(
      'docker',
      `echo "$*" >> "$0.log"\ncase "$*" in *" port "*) echo 127.0.0.1:4444;; esac\n`,
    );

    const { output } = await finish(start(printUrl));

    expect(output).toContain('url=redis://127.0.0.1:4444 because=\n');
    const calls = (await readFile(`${file}.log`, 'utf8')).trim().split('\n');
    expect(calls.map((call) => call.replace(/.*--project-name \S+ /, ''))).toEqual([
      'info',
      'up --detach --wait redis',
      'port redis 6379',
      'rm --stop --force --volumes redis',
    ]);
  });

  it.each([
    ['too old', server('6.2.0'), '7 is the oldest that works'],
    [
      'that dies',
      'echo v=7.0.0; echo out of memory >&2; [ "$1" = --version ]',
      'did not start (1): v=7.0.0 | out of memory',
    ],
  ])('says why it did not use a program %s', async (_, text, reason) => {
    await install('redis-server', text);

    const { code, output } = await finish(start(printUrl));

    expect(output).toContain('url= because=');
    expect(output).toContain(reason);
    expect(code).toBe(0);
  });

  it('fails in CI when a service is missing, with a reason per place it looked', async () => {
    const { code, output } = await finish(start(printUrl, { CI: 'true' }));

    expect(output).toContain('url= because=QSCACHE_TEST_REDIS_URL is not set; no redis-server or valkey-server');
    expect(output).toMatch(/Redis +skipped: /);
    expect(code).toBe(1);
  });

  /** Runs a shell command with only the installed programs on the PATH, and only Redis to find. */
  function start(command: string, environment: NodeJS.ProcessEnv = {}) {
    return spawn(process.execPath, ['scripts/with-services.mjs', '/bin/sh', '-c', command], {
      env: { PATH: programs, QSCACHE_TEST_POSTGRES_URL: 'given', QSCACHE_TEST_MARIADB_URL: 'given', ...environment },
    });
  }

  async function finish(run: ReturnType<typeof start>) {
    let output = '';
    for (const stream of [run.stdout, run.stderr]) stream.on('data', (text) => (output += text));
    const [code] = (await once(run, 'close')) as [number];
    return { code, output };
  }

  async function install(name: string, text: string): Promise<string> {
    const file = join(programs, name);
    await writeFile(file, `#!/bin/sh\n${text}`, { mode: 0o755 });
    return file;
  }

  async function started(file: string) {
    const line = await readFile(`${file}.log`, 'utf8');
    const [, pid, port, directory] = /^(\d+) --port (\d+) .*--dir (\S+)/.exec(line)!;
    return { pid: Number(pid), port, directory: directory! };
  }

  function isRunning(pid: number): boolean {
    try {
      return process.kill(pid, 0);
    } catch {
      return false; // No such process.
    }
  }
});
