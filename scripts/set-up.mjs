// Brings a clone up to date, doing only what is missing: installs the dependencies, builds the library, and with `sample-app`
// that too.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const settings = ['package.json', 'nest-cli.json', 'tsconfig.json'];

if (!isInstalled()) npm('ci', '--prefer-offline', '--no-audit', '--no-fund');
if (isStale('dist/index.js', ['lib', 'tsconfig.build.json', ...settings])) npm('run', 'build');
if (process.argv[2] === 'sample-app') {
  const sources = ['sample-app', 'dist/index.js', 'tsconfig.sample-app.json', ...settings];
  if (isStale('sample-app/dist/main.js', sources)) npm('run', 'build:sample-app');
}

/** Asks npm's own record of what is in node_modules: times say nothing after a copy, a checkout or an `npm install`. */
function isInstalled() {
  const record = 'node_modules/.package-lock.json';
  if (!existsSync(record)) return false;
  const installed = packagesOf(record);
  return Object.entries(packagesOf('package-lock.json')).every(([path, { version, optional }]) => {
    if (path === '') return true;
    return installed[path] ? installed[path].version === version : optional;
  });
}

function packagesOf(lockfile) {
  return JSON.parse(readFileSync(lockfile, 'utf8')).packages;
}

function isStale(output, inputs) {
  return !existsSync(output) || inputs.some((input) => newest(input) > statSync(output).mtimeMs);
}

/** The last change below a path; a folder's own time tells that a file of it is gone. */
function newest(path) {
  const { mtimeMs } = statSync(path);
  const children = statSync(path).isDirectory() ? readdirSync(path).filter((name) => name !== 'dist') : [];
  return Math.max(mtimeMs, ...children.map((name) => newest(join(path, name))));
}

/** `npm_execpath` is the npm that runs us, and starts on every platform without a shell. */
function npm(...args) {
  const { npm_execpath: self } = process.env;
  const [command, ...first] = self ? [process.execPath, self] : ['npm'];
  const { status } = spawnSync(command, [...first, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
