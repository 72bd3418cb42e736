// Joins the modules of dist/ that an entry leads to into one file: Node takes as long to find and read two hundred small files as to
// compile them. Each module stands there as the compiler wrote it, comments and all, under its path.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

const JOINED = 'modules.js';

/** Of a path in dist/, what stands in another module to have it. The compiler writes no other form. */
const REQUIRE = /require\("(\.[^"]+)"\)/g;

/**
 * @param dist the folder
 * @param entry the path of the module that leads to the others; it stays a file, because Node reads from its text what it exports
 * @param others the paths of all other scripts
 */
export function joinModules(dist, entry, others) {
  const textOf = (path) => readFileSync(join(dist, path), 'utf8');
  const joined = reachable(entry, textOf);
  joined.delete(entry);
  // A module that asks where it lies stays there.
  for (const path of joined) if (textOf(path).includes('__filename')) joined.delete(path);

  const modules = [...joined].map((path) => {
    const text = textOf(path).replace(REQUIRE, (_, to) => {
      const target = resolved(path, to);
      return joined.has(target) ? `load("${target}")` : `require("./${target}")`;
    });
    return `"${path}"(exports) {\n${text}},\n`;
  });
  const rest = [entry, ...others.filter((path) => path !== entry && !joined.has(path))];
  const rewritten = rest.map((path) => [
    path,
    textOf(path).replace(REQUIRE, (found, to) => fromOutside(path, to) ?? found),
  ]);

  writeFileSync(join(dist, JOINED), `${HEAD}${modules.join('')}${FOOT}`);
  for (const [path, text] of rewritten) writeFileSync(join(dist, path), text);
  for (const path of joined) rmSync(join(dist, path));

  function fromOutside(path, to) {
    const target = resolved(path, to);
    const file = posix.relative(posix.dirname(path), JOINED);
    return joined.has(target) ? `require("${file.startsWith('.') ? file : `./${file}`}")("${target}")` : undefined;
  }
}

/** A set that grows while it is walked through. */
function reachable(entry, textOf) {
  const found = new Set([entry]);
  for (const path of found) for (const [, to] of textOf(path).matchAll(REQUIRE)) found.add(resolved(path, to));
  return found;
}

const resolved = (path, to) => posix.join(dirname(path), to);

const HEAD = `"use strict";
const loaded = new Map();
/** What a module exports. It runs when it is first asked for, as a file of its own would. */
function load(path) {
  let exports = loaded.get(path);
  if (!exports) {
    loaded.set(path, (exports = {}));
    try {
      modules[path](exports);
    } catch (error) {
      // As Node does: whoever asks again is told again.
      loaded.delete(path);
      throw error;
    }
  }
  return exports;
}
module.exports = load;
const modules = {
`;

const FOOT = '};\n';
