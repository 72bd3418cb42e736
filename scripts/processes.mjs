// Child processes that never outlive this one: a signal reaches whatever is being waited for, and what was set up is undone
// at the end, last first.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { descendants, end } from './descendants.mjs';

/** How long a child may take to end after a signal, in milliseconds. */
const grace = 10_000;

const waitedFor = new Set();
const undo = [];
let interruption;
let running = [];

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupt(signal));

// npm passes a signal on to the shell it has started us with, and that dies of it and tells nobody: then we are an orphan.
if (process.env.npm_lifecycle_event) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    interrupt('SIGTERM');
  }, 200).unref();
}

function interrupt(signal) {
  if (!interruption) {
    interruption = signal;
    // Before anybody ends: what a child leaves behind is nobody's descendant any more.
    running = descendants();
    // Those alone: what cleans up afterwards may take its time.
    const told = [...waitedFor];
    setTimeout(
      () => told.filter((child) => waitedFor.has(child)).forEach((child) => child.kill('SIGKILL')),
      grace,
    ).unref();
  }
  for (const child of waitedFor) child.kill(signal);
}

export function throwIfInterrupted() {
  if (interruption) throw new Error(`interrupted by ${interruption}`);
}

/** The exit code a shell expects of an interrupted command, or `code` when nobody interrupted. */
export function exitCode(code) {
  return interruption ? 128 + constants.signals[interruption] : code;
}

/** Resolves with everything the command printed; rejects with the end of it when it fails, with all of it as `output` and its `exitCode`. */
export async function run(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const printed = collectOutput(child);
  const code = await exitOf(child).catch((error) => {
    throw error.code === 'ENOENT' ? new Error(`no ${command} on this machine`) : error;
  });
  if (code !== 0) {
    const message = `${command} ${args[0] ?? ''} ended with ${code}: ${lastLines(printed())}`;
    throw Object.assign(new Error(message), { exitCode: code, output: printed() });
  }
  return printed();
}

/** Runs the command on this terminal and resolves with its exit code. */
export function runInForeground(command, args, options = {}) {
  return exitOf(spawn(command, args, { stdio: 'inherit', ...options }));
}

/**
 * Starts a server and resolves once it prints `ready`; `cleanUp` stops it. It gets a process group of its own, because Ctrl-C
 * reaches the whole group at once and the tests still need it while they wind down.
 */
export async function serve(command, args, { ready, stopSignal, ...options }) {
  throwIfInterrupted();
  const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = collectOutput(child);
  const exited = exitOf(child);
  const readiness = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', () => ready.test(printed()) && resolve('ready'));
  });
  undo.push(() => stop(child, exited, stopSignal));
  const outcome = await Promise.race([readiness, exited.catch((error) => error.message), timeout(60_000)]);
  waitedFor.delete(child);
  if (outcome !== 'ready') throw new Error(`${command} did not start (${outcome}): ${lastLines(printed())}`);
}

/** Runs at the end, on failures and interruptions too. */
export function defer(action) {
  undo.push(action);
}

export async function cleanUp() {
  while (undo.length > 0) {
    await undo
      .pop()()
      .catch((error) => console.error(`Could not clean up: ${error.message}`));
  }
  end(running);
}

async function exitOf(child) {
  waitedFor.add(child);
  try {
    const [code, signal] = await once(child, 'close');
    return code ?? 128 + constants.signals[signal];
  } finally {
    waitedFor.delete(child);
  }
}

async function stop(child, exited, signal) {
  child.kill(signal);
  if ((await Promise.race([exited.catch(() => 'gone'), timeout(15_000)])) === 'timeout') child.kill('SIGKILL');
  await exited.catch(() => undefined);
}

function timeout(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms, 'timeout').unref());
}

function collectOutput(child) {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  return () => output;
}

function lastLines(output) {
  return output
    .trim()
    .split(/\s*\n\s*/)
    .slice(-3)
    .join(' | ');
}
