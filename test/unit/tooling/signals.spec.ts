import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/**
 * A program that does not hear Ctrl-C, and has started one that hears nothing and has a process group of its own: nobody ends that
 * by the way.
 */
const program = `#!/usr/bin/env node
const { spawn } = require('node:child_process');
process.on('SIGINT', () => {});
const deaf = "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)";
const child = spawn(process.execPath, ['-e', deaf], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
child.stdout.once('data', () => console.log('running ' + process.pid + ' ' + child.pid));
`;

describe('npm', () => {
  let clone: string;
  let started: ChildProcess[];

  beforeEach(async () => {
    started = [];
    clone = await mkdtemp(join(tmpdir(), 'qscache-clone-'));
    for (const path of ['package.json', 'scripts']) await cp(path, join(clone, path), { recursive: true });
    for (const path of ['lib/index.ts', 'sample-app/main.ts', 'nest-cli.json', 'tsconfig.json']) await write(path);
    for (const path of ['tsconfig.build.json', 'tsconfig.sample-app.json']) await write(path);
    for (const path of ['package-lock.json', 'node_modules/.package-lock.json'])
      await write(path, '{ "packages": {} }');
    await write('dist/index.js');
    await write('sample-app/dist/package.json', '{ "type": "commonjs" }');
    await write('sample-app/dist/main.js', program);
    await write('node_modules/.bin/vitest', program);
    await chmod(join(clone, 'node_modules/.bin/vitest'), 0o755);
  });

  afterEach(async () => {
    for (const { pid } of started) kill(-pid!);
    await rm(clone, { recursive: true, force: true });
  });

  it.each([
    ['start', 'SIGTERM', 1],
    ['start', 'Ctrl-C', 2],
    ['test', 'SIGTERM', 2],
  ] as const)('%s ends all that it has started on %s, %i times', async (name, how, times) => {
    const npm = start(name);
    const ended = once(npm, 'exit');
    const pids = await printedPids(npm);
    try {
      expect(pids.map(isRunning)).toEqual([true, true]);

      for (let i = 0; i < times; i++) {
        // While the first one has it look for what to end.
        if (i > 0) await sleep(10);
        if (how === 'SIGTERM') npm.kill('SIGTERM');
        // A terminal tells the whole group.
        else process.kill(-npm.pid!, 'SIGINT');
      }

      expect(await ended).toEqual([null, how === 'SIGTERM' ? 'SIGTERM' : 'SIGINT']);
      await vi.waitFor(() => expect(pids.map(isRunning)).toEqual([false, false]), { timeout: 20_000 });
    } finally {
      pids.forEach(kill);
    }
  });

  /** In a process group of its own, as a terminal does. */
  function start(name: string): ChildProcess {
    const given = { QSCACHE_TEST_REDIS_URL: 'a', QSCACHE_TEST_POSTGRES_URL: 'b', QSCACHE_TEST_MARIADB_URL: 'c' };
    const npm = spawn('npm', ['run', name], {
      cwd: clone,
      env: { PATH: process.env['PATH'], HOME: clone, ...given },
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(npm);
    return npm;
  }

  async function printedPids(npm: ChildProcess): Promise<number[]> {
    let output = '';
    for await (const chunk of npm.stdout!.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      output += chunk as string;
      const pids = /running (\d+) (\d+)/.exec(output);
      if (pids) return pids.slice(1).map(Number);
    }
    throw new Error(`It ended before it ran:\n${output}`);
  }

  async function write(path: string, text = ''): Promise<void> {
    await mkdir(dirname(join(clone, path)), { recursive: true });
    await writeFile(join(clone, path), text);
  }
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // No such process.
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone, as it should be.
  }
}
