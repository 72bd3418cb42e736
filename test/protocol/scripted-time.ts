import { vi } from 'vitest';

interface Sleeper {
  readonly until: number;
  /** Nobody waits for it: what it wakes up for may come at any later time. */
  readonly isIdle: boolean;
  readonly wake: () => void;
}

/**
 * The time of a run, which passes only when the explorer says so. A spec puts `sleep` in the place of the real one:
 * `vi.mock('node:timers/promises', async () => (await import('./scripted-time.js')).timersPromises)`.
 */
export class ScriptedTime {
  /** Of every run, as `Date` has it. */
  readonly beginning = Date.UTC(2026, 0, 1);
  #now = 0;
  #sleepers: Sleeper[] = [];
  /** Broken on purpose: by how much everybody wakes too early. */
  hasteMs = 0;

  /** Of the next run: whoever sleeps in the one before sleeps for ever. */
  begin(): void {
    this.#sleepers = [];
    this.#be(0);
  }

  /** Since the run began, in milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** Of the sleepers somebody waits for, or of the idle ones. */
  wakeUps(isIdle = false): number[] {
    return this.#sleepers
      .filter((sleeper) => sleeper.isIdle === isIdle)
      .map(({ until }) => until)
      .sort((a, b) => a - b);
  }

  passUntil(moment: number, wakesIdle = false): void {
    this.#be(moment);
    const isAwake = ({ until, isIdle }: Sleeper) => until <= moment && (!isIdle || wakesIdle);
    const awake = this.#sleepers.filter(isAwake);
    this.#sleepers = this.#sleepers.filter((sleeper) => !isAwake(sleeper));
    for (const { wake } of awake) wake();
  }

  /** @param signal told when nobody waits for it any more */
  sleep(ms: number, isIdle: boolean, signal?: AbortSignal): Promise<void> {
    const until = this.now + ms - (isIdle ? 0 : this.hasteMs);
    if (until <= this.now) return Promise.resolve();
    return new Promise((wake) => {
      const sleeper = { until, isIdle, wake };
      this.#sleepers.push(sleeper);
      const leave = () => void (this.#sleepers = this.#sleepers.filter((each) => each !== sleeper));
      signal?.addEventListener('abort', leave);
    });
  }

  #be(moment: number): void {
    this.#now = moment;
    vi.setSystemTime(this.beginning + moment);
  }
}

export const time = new ScriptedTime();

export const timersPromises = {
  setTimeout: (ms: number, _value?: unknown, options?: { ref?: boolean; signal?: AbortSignal }) =>
    time.sleep(ms, options?.ref === false, options?.signal),
};
