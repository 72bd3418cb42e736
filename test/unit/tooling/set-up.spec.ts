import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const lock = (...packages: readonly [path: string, version: string, optional?: boolean][]) =>
  JSON.stringify({
    packages: Object.fromEntries([
      ['', { version: '0.1.0' }],
      ...packages.map(([path, version, optional]) => [path, { version, optional }] as const),
    ]),
  });

/** An npm that notes what it was asked, and leaves behind what the real one would. */
const npm = `
import { appendFileSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
const asked = process.argv.slice(2).filter((word) => !word.startsWith('--')).join(' ');
appendFileSync('asked', asked + '\\n');
if (process.env.FAIL === asked) process.exit(3);
const output = { ci: 'node_modules/.package-lock.json', 'run build': 'dist/index.js' }[asked] ?? 'sample-app/dist/main.js';
mkdirSync(output.replace(/[^/]+$/, ''), { recursive: true });
if (asked === 'ci') copyFileSync('package-lock.json', output);
else writeFileSync(output, '');
`;

describe('set-up', () => {
  let clone: string;

  beforeEach(async () => {
    clone = await mkdtemp(join(tmpdir(), 'qscache-clone-'));
    await cp('scripts', join(clone, 'scripts'), { recursive: true });
    for (const file of [
      'package.json',
      'nest-cli.json',
      'tsconfig.json',
      'tsconfig.build.json',
      'tsconfig.sample-app.json',
    ]) {
      await write(file, '{}');
    }
    await write('package-lock.json', lock(['node_modules/typeorm', '1.1.1']));
    await write('lib/index.ts');
    await write('lib/cache/entry.ts');
    await write('sample-app/main.ts');
    await write('npm.mjs', npm);
  });

  afterEach(() => rm(clone, { recursive: true, force: true }));

  it('installs and builds a fresh clone, once', async () => {
    expect(await setUp()).toEqual(['ci', 'run build']);
    expect(await setUp()).toEqual([]);
  });

  it('builds the sample app when asked, after the library', async () => {
    expect(await setUp('sample-app')).toEqual(['ci', 'run build', 'run build:sample-app']);
    expect(await setUp('sample-app')).toEqual([]);
  });

  it('builds again after a source changed or went', async () => {
    await setUp('sample-app');
    await touch('lib/cache/entry.ts');
    expect(await setUp('sample-app')).toEqual(['run build', 'run build:sample-app']);

    await unlink(join(clone, 'lib/cache/entry.ts'));
    await touch('lib/cache');
    expect(await setUp()).toEqual(['run build']);
  });

  it('builds the sample app alone when only that changed', async () => {
    await setUp('sample-app');
    await touch('sample-app/main.ts');
    expect(await setUp('sample-app')).toEqual(['run build:sample-app']);
  });

  it('installs again when the lock file names another version or one package more', async () => {
    await setUp();
    await write('package-lock.json', lock(['node_modules/typeorm', '1.2.0']));
    expect(await setUp()).toEqual(['ci']);

    await write('package-lock.json', lock(['node_modules/typeorm', '1.2.0'], ['node_modules/rxjs', '7.8.2']));
    expect(await setUp()).toEqual(['ci']);
  });

  it('does not miss an optional package of another platform', async () => {
    await setUp();
    await write(
      'package-lock.json',
      lock(['node_modules/typeorm', '1.1.1'], ['node_modules/win32-only', '1.0.0', true]),
    );
    expect(await setUp()).toEqual([]);
  });

  it('stops at the first failure, with its exit code', async () => {
    await expect(setUp('sample-app', { FAIL: 'run build' })).rejects.toMatchObject({ code: 3 });
    expect(await asked()).toEqual(['ci', 'run build']);
  });

  /** What npm was asked to do. */
  async function setUp(project?: string, environment: NodeJS.ProcessEnv = {}): Promise<string[]> {
    await rm(join(clone, 'asked'), { force: true });
    await new Promise<void>((done, failed) =>
      execFile(
        process.execPath,
        ['scripts/set-up.mjs', ...(project ? [project] : [])],
        { cwd: clone, env: { ...process.env, npm_execpath: resolve(clone, 'npm.mjs'), ...environment } },
        (error) => (error ? failed(error) : done()),
      ),
    );
    return asked();
  }

  async function asked(): Promise<string[]> {
    const lines = await readFile(join(clone, 'asked'), 'utf8').catch(() => '');
    return lines.split('\n').filter(Boolean);
  }

  async function write(path: string, text = ''): Promise<void> {
    await mkdir(dirname(join(clone, path)), { recursive: true });
    await writeFile(join(clone, path), text);
    // Files of a clone are older than what is built from them.
    await utimes(join(clone, path), new Date('2020-01-01'), new Date('2020-01-01'));
  }

  async function touch(path: string): Promise<void> {
    const later = new Date(Date.now() + 1);
    await utimes(join(clone, path), later, later);
  }
});
