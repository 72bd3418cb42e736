import { vi } from 'vitest';

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/**
 * The time of a run, which passes only when the explorer says so. A spec puts `sleep` in the place of the real one:
 * `vi.mock('node:timers/promises', async () => (await import('./scripted-clock.js')).timersPromises)`.
 */
export class ScriptedClock {
  /** Of every run, as `Date` has it. */
  readonly beginning = Date.UTC(2026, 0, 1);
  #sleepers: Sleeper[] = [];
  /** Broken on purpose: by how much everybody wakes too early. */
  hasteMs = 0;

  begin(): void {
    this.#sleepers = [];
    vi.setSystemTime(this.beginning);
  }

  /** Since the run began, in milliseconds. */
  get now(): number {
    return Date.now() - this.beginning;
  }

  get wakeUps(): number[] {
    return this.#sleepers.map(({ until }) => until).sort((a, b) => a - b);
  }

  passUntil(moment: number): void {
    vi.setSystemTime(this.beginning + moment);
    const awake = this.#sleepers.filter(({ until }) => until <= moment);
    this.#sleepers = this.#sleepers.filter(({ until }) => until > moment);
    for (const { wake } of awake) wake();
  }

  sleep(ms: number): Promise<void> {
    const until = this.now + ms - this.hasteMs;
    if (until <= this.now) return Promise.resolve();
    return new Promise((wake) => this.#sleepers.push({ until, wake }));
  }
}

export const clock = new ScriptedClock();

export const timersPromises = { setTimeout: (ms: number) => clock.sleep(ms) };
