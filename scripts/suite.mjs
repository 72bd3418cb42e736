// Runs tests with other versions of what the library works with: node scripts/suite.mjs typeorm@0.3 test/integration
//
// In a copy of this clone, so that its own node_modules stay as the lockfile has them.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npmInstall } from '../test/matrix/npm.mjs';
import { cleanUp, defer, exitCode, run, runInForeground } from './processes.mjs';

const versions = process.argv.slice(2).filter((each) => /^@?[^@]+@/.test(each));
const tests = process.argv.slice(2).filter((each) => !versions.includes(each));
let code = 1;

try {
  if (!versions.length)
    throw new Error('Name a package and a version: npm run suite -- typeorm@0.3 [test/integration ...]');
  const folder = await mkdtemp(join(tmpdir(), 'qscache-suite-'));
  defer(() => rm(folder, { recursive: true, force: true }));
  await copyTo(folder);
  console.log(`Installing ${versions.join(', ')}`);
  await npmInstall(folder, '--loglevel=error');
  code = await runInForeground(
    process.execPath,
    [
      'scripts/with-services.mjs',
      'node_modules/.bin/vitest',
      'run',
      ...(tests.length ? tests : ['test/unit', 'test/integration']),
    ],
    { cwd: folder },
  );
} catch (error) {
  console.error(error.output ?? error.message);
} finally {
  await cleanUp();
  process.exitCode = exitCode(code);
}

/** What git knows, changed or not; without the lockfile, which says other versions. */
async function copyTo(folder) {
  const files = (await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'])).trim().split('\n');
  for (const file of files) if (file !== 'package-lock.json') await cp(file, join(folder, file));
  const manifest = JSON.parse(await readFile('package.json', 'utf8'));
  for (const each of versions) {
    const at = each.lastIndexOf('@');
    manifest.devDependencies[each.slice(0, at)] = each.slice(at + 1);
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
}
