import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Command, FromWorker } from './messages.js';

/** A command that is not answered so long after it was given will not be, in milliseconds. */
const ANSWER_MS = 30_000;

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One process, started when it is first needed, and again after its death. */
export class Member {
  #child: ChildProcess | undefined;
  #ready: Promise<void> | undefined;
  #questions = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** @throws {Error} when the process fails at it, dies or does not answer */
  async ask<T>(command: Command): Promise<T> {
    if (!this.#child) this.#start();
    await this.#ready;
    const question = ++this.#questions;
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(question, { resolve, reject }));
    this.#child?.send({ ...command, question });
    const timer = setTimeout(() => this.#fail(`did not answer ${command.do}`), ANSWER_MS);
    try {
      return (await answer) as T;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(question);
    }
  }

  /** What it has left behind goes with it. */
  async end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  #start(): void {
    const child = fork(new URL('worker.js', import.meta.url), {
      // No source maps: they make each error that is thrown cost milliseconds.
      execArgv: ['--expose-gc'],
      serialization: 'advanced',
      // What peers print of lost connections is in the table.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    this.#ready = new Promise((resolve, reject) => {
      child.on('exit', (code, signal) => {
        reject(new Error(`A process ended by itself (${signal ?? code}).`));
        if (this.#child === child) this.#fail(`ended by itself (${signal ?? code})`);
      });
      child.on('message', (message: FromWorker) => {
        if (message.question === 'ready') return resolve();
        const waiting = this.#waiting.get(message.question);
        if (message.error === undefined) waiting?.resolve(message.answer);
        else waiting?.reject(new Error(message.error));
      });
    });
    this.#ready.catch(() => undefined);
  }

  #fail(how: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(`A process ${how}.`));
  }
}
