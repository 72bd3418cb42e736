import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const execute = promisify(execFile);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly peerDependencies: Record<string, string>;
  readonly peerDependenciesMeta: Record<string, { readonly optional: boolean }>;
}

describe('The package', () => {
  let folder: string;
  let tarball: string;
  let files: string[];
  let manifest: Manifest;

  beforeAll(async () => {
    if (!existsSync('dist/index.js')) {
      throw new Error(
        'There is no dist/index.js, so there is nothing to pack. Run "npm run build", or "npm test", which does.',
      );
    }
    folder = await mkdtemp(join(tmpdir(), 'qscache-package-'));
    manifest = await readManifest('package.json');
    // Without scripts: a build would empty dist/ while other specs use it.
    const { stdout } = await npm('.', 'pack', '--ignore-scripts', '--json', '--pack-destination', folder);
    const [packed] = Object.values(
      JSON.parse(stdout) as Record<string, { filename: string; files: { path: string }[] }>,
    );
    tarball = join(folder, packed!.filename);
    files = packed!.files.map(({ path }) => path);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('holds the built library and its papers, nothing else', async () => {
    const papers = ['LICENSE', 'README.md', 'package.json'];
    const doors = ['dist/index', 'dist/testing/index'].flatMap((entry) => [`${entry}.mjs`, `${entry}.d.mts`]);
    expect(files.filter((path) => !/^dist\/.+\.(js|d\.ts)$/.test(path)).toSorted()).toEqual(
      [...papers, ...doors, 'dist/package.json'].toSorted(),
    );
    expect(files).toContain('dist/index.js');
    expect(files).toContain('dist/index.d.ts');
    // Nobody can import its insides, so nobody need know their types.
    expect(files.filter((path) => path.startsWith('dist/writes/') && path.endsWith('.d.ts'))).toEqual([]);
  });

  it('keeps the documentation in its types', async () => {
    const types = await readdir('dist', { recursive: true }).then((paths) =>
      paths.filter((path) => path.endsWith('.d.ts')),
    );
    const texts = await Promise.all(types.map((path) => readFile(join('dist', path), 'utf8')));
    expect(texts.some((text) => text.includes('@publicApi'))).toBe(true);
  });

  it('depends on nothing, and names no optional peer in its types', async () => {
    expect(manifest).not.toHaveProperty('dependencies');

    const optional = Object.keys(manifest.peerDependenciesMeta);
    for (const path of files.filter((file) => file.endsWith('.d.ts'))) {
      const types = await readFile(path, 'utf8');
      for (const name of optional)
        expect(types, path).not.toMatch(new RegExp(`from '${name}[/']|import\\('${name}[/']`));
    }
  });

  it('passes publint', async () => {
    await run('publint', 'run', tarball, '--strict');
  });

  it('resolves with its types, imported and required, in every way TypeScript looks for it', async () => {
    await run('attw', tarball);
  });

  it('is one thing, whether it is imported or required', async () => {
    const mixed = `
      import { createRequire } from 'node:module';
      import * as imported from 'nestjs-qscache';
      const required = createRequire(import.meta.url)('nestjs-qscache');
      console.log(JSON.stringify(Object.keys(required).filter((name) => imported[name] !== required[name])));
      console.log(Object.keys(required).length > 10);
    `;
    const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', mixed]);
    expect(stdout.split('\n')).toEqual(['[]', 'true', '']);
  });

  it('works in an application of its own', { timeout: 180_000 }, async () => {
    const app = join(folder, 'app');
    await cp('test/e2e/package-app', app, { recursive: true });
    const dependencies = { [manifest.name]: `file:${tarball}`, ...(await installedPeers()) };
    await writeFile(join(app, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
    await npm(app, 'install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts');

    const options = ['--target', 'es2023', '--module', 'nodenext', '--strict', '--exactOptionalPropertyTypes'];
    const decorators = ['--experimentalDecorators', '--emitDecoratorMetadata', '--skipLibCheck'];
    const types = ['--types', 'node', '--typeRoots', resolve('node_modules/@types')];
    await run('tsc', join(app, 'main.ts'), '--ignoreConfig', ...options, ...decorators, ...types);
    const { stdout } = await execute(process.execPath, ['main.js'], { cwd: app });

    expect(JSON.parse(stdout)).toEqual({
      cold: { queries: 1, titles: ['one'], instances: true },
      warm: { queries: 0, titles: ['one'], instances: true },
      written: { queries: 1, titles: ['one', 'two'], instances: true },
    });
  });

  it(
    'refuses to boot with a package of a version it is not made for, and names both',
    { timeout: 60_000 },
    async () => {
      const path = join(folder, 'app/node_modules/typeorm/package.json');
      const typeorm = await readManifest(path);
      await writeFile(path, JSON.stringify({ ...typeorm, version: '2.0.0' }));
      const boot = execute(process.execPath, ['main.js'], { cwd: join(folder, 'app') });
      await expect(boot).rejects.toThrow(
        /typeorm 2\.0\.0 is installed, and nestjs-qscache .* is made for \^0\.3\.31 \|\| \^1\.0\.0: .* Install typeorm@/,
      );
      await writeFile(path, JSON.stringify(typeorm));
    },
  );

  /** The peers a user needs, and sql.js for the application, in the versions we test with: npm has those at hand. */
  async function installedPeers(): Promise<Record<string, string>> {
    const { peerDependencies, peerDependenciesMeta } = manifest;
    const names = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
    const versions = [...names, 'sql.js'].map(async (name) => {
      const { version } = await readManifest(`node_modules/${name}/package.json`);
      return [name, version] as const;
    });
    return Object.fromEntries(await Promise.all(versions));
  }

  async function readManifest(path: string): Promise<Manifest> {
    return JSON.parse(await readFile(path, 'utf8')) as Manifest;
  }

  function npm(cwd: string, ...args: string[]) {
    return execute('npm', args, { cwd });
  }

  /** One of our own tools; a failure shows what it printed. */
  async function run(tool: string, ...args: string[]): Promise<void> {
    await execute(resolve('node_modules/.bin', tool), args).catch(
      (error: Error & { stdout: string; stderr: string }) => {
        throw new Error(`${tool} refuses the package:\n${error.stdout}${error.stderr}`);
      },
    );
  }
});
