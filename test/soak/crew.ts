import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { now } from './now.js';
import type { DeathPoint, FromWorker, ToWorker } from './messages.js';
import { nameOf, type Part, type Role } from './modes.js';
import type { Network } from './network.js';
import type { SoakSettings } from './settings.js';

const BOOT_MS = 60_000;
const DYING_MS = 2000;

export interface Member {
  readonly worker: number;
  readonly part: Part;
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
  ready: boolean;
  expectedToExit: boolean;
}

/** The worker processes. Each one started is a new worker, with a number never used before. */
export class Crew {
  readonly #members = new Set<Member>();
  readonly #names = new Map<number, string>();
  #workers = 0;
  #paused = false;
  #stopping = false;

  constructor(
    private readonly settings: SoakSettings,
    private readonly network: Network,
    private readonly listen: (message: FromWorker) => void,
    private readonly died: (worker: number, at: number) => void,
  ) {}

  /** Resolves once it reads and writes. */
  async start(part: Part): Promise<void> {
    const worker = ++this.#workers;
    this.#names.set(worker, nameOf(part));
    const settings: SoakSettings = { ...this.settings, redisUrl: await this.network.urlFor(part, worker) };
    const child = fork(new URL('worker.js', import.meta.url), [
      JSON.stringify(settings),
      String(worker),
      JSON.stringify(part),
    ]);
    const member: Member = { worker, part, child, exited: once(child, 'close'), ready: false, expectedToExit: false };
    this.#members.add(member);
    const ready = new Promise<void>((resolve) => {
      child.on('message', (message: FromWorker) => {
        if (message.kind !== 'ready') return this.listen(message);
        member.ready = true;
        child.send(this.#stopping ? 'stop' : this.#paused ? 'pause' : 'resume');
        resolve();
      });
    });
    child.on('exit', (code, signal) => {
      this.died(worker, now());
      this.#members.delete(member);
      if (member.expectedToExit || (this.#stopping && code === 0)) return;
      this.listen({ kind: 'broken', error: `Worker ${worker} ended by itself (${signal ?? code}).` });
    });
    const timer = setTimeout(() => this.listen({ kind: 'broken', error: `Worker ${worker} did not start.` }), BOOT_MS);
    await Promise.race([ready, member.exited]).finally(() => clearTimeout(timer));
  }

  get ready(): number {
    return [...this.#members].filter(({ ready }) => ready).length;
  }

  /** As which the worker of that number was started. */
  nameOf(worker: number): string | undefined {
    return this.#names.get(worker);
  }

  /** Those who may be killed or have their writes looked at: whoever is ready and writes. */
  get writers(): Member[] {
    return [...this.#members].filter(({ ready, part }) => ready && part.role !== 'migrator');
  }

  /** A deployment: the next one starts while the last one still works. */
  async replace(role: Role): Promise<void> {
    const last = [...this.#members].find(({ part }) => part.role === role);
    if (!last) return;
    await this.start(last.part);
    last.expectedToExit = true;
    send(last, 'stop');
    await last.exited;
  }

  /** SIGKILL: at once, or by its own hand once a write gets to that point. */
  async kill(victim: Member, point?: DeathPoint): Promise<void> {
    victim.expectedToExit = true;
    if (point) victim.child.send({ die: point } satisfies ToWorker);
    const kill = setTimeout(() => victim.child.kill('SIGKILL'), point ? DYING_MS : 0);
    await victim.exited;
    clearTimeout(kill);
  }

  /** Nobody writes until `resume`, but for one who is told where to die. */
  pause(): void {
    this.#paused = true;
    for (const member of this.#members) send(member, 'pause');
  }

  /** Nobody writes but this one, until `resume`. */
  leaveAlone(member: Member): void {
    this.pause();
    send(member, 'resume');
  }

  resume(): void {
    this.#paused = false;
    for (const member of this.#members) send(member, 'resume');
  }

  /** Lets everybody finish what they are doing. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const member of this.#members) send(member, 'stop');
    const stragglers = setTimeout(() => this.#killAll(), 10_000);
    await Promise.all([...this.#members].map(({ exited }) => exited));
    clearTimeout(stragglers);
  }

  #killAll(): void {
    for (const member of this.#members) {
      member.expectedToExit = true;
      member.child.kill('SIGKILL');
    }
  }
}

function send({ child, ready }: Member, message: ToWorker): void {
  if (ready && child.connected) child.send(message);
}
