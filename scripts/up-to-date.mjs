// What a clone lacks, and nothing more: dependencies, the built library, the built sample app.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run, throwIfInterrupted } from './processes.mjs';

const settings = ['package.json', 'nest-cli.json', 'tsconfig.json'];

/** Prints a line for each step that takes a while; what npm and the compiler print only where they fail. */
export async function bringUpToDate({ sampleApp = false } = {}) {
  if (!isInstalled()) await npm('Installing the dependencies...', 'ci', '--prefer-offline', '--no-audit', '--no-fund');
  if (isStale('dist/index.js', ['lib', 'tsconfig.build.json', ...settings])) {
    await npm('Building the library...', 'run', 'build');
  }
  if (sampleApp) {
    const sources = ['sample-app', 'dist/index.js', 'tsconfig.sample-app.json', ...settings];
    if (isStale('sample-app/dist/main.js', sources)) await npm('Building the sample app...', 'run', 'build:sample-app');
  }
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
async function npm(title, ...args) {
  throwIfInterrupted();
  console.log(title);
  const { npm_execpath: self } = process.env;
  const [command, ...first] = self ? [process.execPath, self] : ['npm'];
  // Of warnings there are dozens, all about dependencies of our tools.
  await run(command, [...first, ...args, '--loglevel=error']);
}
