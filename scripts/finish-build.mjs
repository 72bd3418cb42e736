// What the compiler does not do for dist/: says that it is CommonJS, puts a door for ES modules before each entry, and
// takes away declarations that no entry leads to.
//
// One build and two doors, rather than two builds: an application that imports the library here and requires it there (a test
// runner, a migration script, a plugin) has one copy of it, with one registry of managers and one ear for writes.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const dist = resolve(import.meta.dirname, '../dist');
const { exports } = JSON.parse(readFileSync(resolve(dist, '../package.json'), 'utf8'));
const entries = Object.values(exports)
  .filter((entry) => entry.require)
  .map((entry) => resolve(dist, '..', entry.require.default));

writeFileSync(join(dist, 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`);
for (const entry of entries) {
  const door = `export * from './${relative(dirname(entry), entry)}';\n`;
  writeFileSync(entry.replace(/\.js$/, '.mjs'), door);
  writeFileSync(entry.replace(/\.js$/, '.d.mts'), door);
}

const wanted = reachable(entries.map(declarationOf));
for (const file of filesBelow(dist)) if (file.endsWith('.d.ts') && !wanted.has(file)) rmSync(file);

/** A set that grows while it is walked through. */
function reachable(declarations) {
  const found = new Set(declarations);
  for (const file of found) {
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+\.js)['"]/g)) {
      const next = declarationOf(resolve(dirname(file), path));
      if (!existsSync(next))
        throw new Error(`${relative(dist, file)} names ${path}, and there is no declaration of it.`);
      found.add(next);
    }
  }
  return found;
}

function declarationOf(script) {
  return script.replace(/\.js$/, '.d.ts');
}

function filesBelow(folder) {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path) : [path]));
}
