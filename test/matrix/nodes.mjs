// Other versions of Node, as programs that npm packages hold.
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defer } from '../../scripts/processes.mjs';
import { npmInstall } from './npm.mjs';

const programs = new Map();

/** The program of a version, installed once; of none, the one that runs us. */
export function nodeProgram(version) {
  if (version === undefined) return process.execPath;
  if (!programs.has(version)) programs.set(version, install(version));
  return programs.get(version);
}

async function install(version) {
  const folder = await mkdtemp(join(tmpdir(), `qscache-node-${version}-`));
  defer(() => rm(folder, { recursive: true, force: true }));
  const windows = process.platform === 'win32';
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`;
  await npmInstall(folder, '--no-save', '--force', `${name}@${version}`);
  const program = join(folder, 'node_modules', name, windows ? 'bin/node.exe' : 'bin/node');
  await access(program);
  return program;
}
