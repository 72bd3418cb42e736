// The application of a combination, in a folder of its own where nothing of this repository can be found.
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compilerSettings, swcSettings } from './compiler.mjs';
import { versioned } from './combinations.mjs';
import { manifest } from './packages.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export async function writeApplication(combination, tarball) {
  const folder = await mkdtemp(join(tmpdir(), `qscache-${combination.name}-`));
  await cp(here('app'), join(folder, 'src'), { recursive: true });
  await cp(here('runners'), join(folder, 'runners'), { recursive: true });
  await keepOne(join(folder, 'src/stores'), versioned(combination.store)[0], ['memory', 'closing']);
  await keepOne(join(folder, 'src/databases'), combination.database);
  await writeJson(join(folder, 'package.json'), manifest(combination, tarball));
  await writeJson(join(folder, 'tsconfig.json'), compilerSettings(combination));
  await writeJson(join(folder, 'swc.json'), swcSettings(combination));
  return folder;
}

/** The others import what this combination has not installed. */
async function keepOne(folder, name, others = []) {
  const kept = [name, ...others].map((each) => `${each}.ts`);
  for (const file of await readdir(folder)) if (!kept.includes(file)) await rm(join(folder, file));
  await writeFile(join(folder, 'shared.ts'), `export * from './${name}.js';\n`);
}

function writeJson(file, value) {
  return writeFile(file, `${JSON.stringify(value, undefined, 2)}\n`);
}
