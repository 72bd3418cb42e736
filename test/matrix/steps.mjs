// What is done with a combination: install, check its types, build, run.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run, throwIfInterrupted } from '../../scripts/processes.mjs';
import { writeApplication } from './folder.mjs';
import { nodeProgram } from './nodes.mjs';
import { npmInstall } from './npm.mjs';
import { runnerOf } from './runners.mjs';

/** An application that closes and does not end is one as well that does not work. In milliseconds. */
const patience = 180_000;

/** `{ combination, seconds, failed, output }`: the seconds of each step, and what the one that failed printed. */
export async function tryOut(combination, { tarball, environment, keep }) {
  const folder = await writeApplication(combination, tarball);
  const outcome = { combination, seconds: {}, failed: undefined, output: '' };
  try {
    for (const [name, step] of Object.entries(stepsOf(combination, folder, environment))) {
      throwIfInterrupted();
      outcome.failed = name;
      const began = performance.now();
      await step().finally(() => (outcome.seconds[name] = (performance.now() - began) / 1000));
    }
    outcome.failed = undefined;
  } catch (error) {
    throwIfInterrupted();
    outcome.output = error.output ?? error.message;
  } finally {
    if (keep) console.log(`${combination.name} is in ${folder}`);
    else await rm(folder, { recursive: true, force: true });
  }
  return outcome;
}

function stepsOf(combination, cwd, environment) {
  const { emits, build, run: program } = runnerOf(combination);
  const tool = ([name, ...args]) => run(process.execPath, [join(cwd, 'node_modules/.bin', name), ...args], { cwd });
  return {
    install: () => npmInstall(cwd),
    types: () => tool(['tsc', '-p', '.', ...(emits ? [] : ['--noEmit'])]),
    ...(build && { build: () => tool(build) }),
    run: async () =>
      run(await nodeProgram(combination.node), program, {
        cwd,
        env: { ...process.env, ...environment },
        timeout: patience,
        killSignal: 'SIGKILL',
      }),
  };
}
