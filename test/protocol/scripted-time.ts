import { vi } from 'vitest';

interface Sleeper {
  readonly until: number;
  /** Nobody waits for it: what it wakes up for may come at any later time. */
  readonly isIdle: boolean;
  readonly wake: () => void;
}

/** What a run keeps of its time while others have their turns. */
export interface Timeline {
  now: number;
  sleepers: Sleeper[];
}

/**
 * The time of a run, which passes only when the explorer says so. A spec puts `sleep` in the place of the real one:
 * `vi.mock('node:timers/promises', async () => (await import('./scripted-time.js')).timersPromises)`.
 */
export class ScriptedTime {
  /** Of every run, as `Date` has it. */
  readonly beginning = Date.UTC(2026, 0, 1);
  #timeline: Timeline = { now: 0, sleepers: [] };
  /** Broken on purpose: by how much everybody wakes too early. */
  hasteMs = 0;

  begin(): Timeline {
    const timeline = { now: 0, sleepers: [] };
    this.resume(timeline);
    return timeline;
  }

  resume(timeline: Timeline): void {
    this.#timeline = timeline;
    vi.setSystemTime(this.beginning + timeline.now);
  }

  /** Since the run began, in milliseconds. */
  get now(): number {
    return this.#timeline.now;
  }

  /** Of the sleepers somebody waits for, or of the idle ones. */
  wakeUps(isIdle = false): number[] {
    return this.#timeline.sleepers
      .filter((sleeper) => sleeper.isIdle === isIdle)
      .map(({ until }) => until)
      .sort((a, b) => a - b);
  }

  passUntil(moment: number, wakesIdle = false): void {
    const timeline = this.#timeline;
    timeline.now = moment;
    vi.setSystemTime(this.beginning + moment);
    const isAwake = ({ until, isIdle }: Sleeper) => until <= moment && (!isIdle || wakesIdle);
    const awake = timeline.sleepers.filter(isAwake);
    timeline.sleepers = timeline.sleepers.filter((sleeper) => !isAwake(sleeper));
    for (const { wake } of awake) wake();
  }

  sleep(ms: number, isIdle: boolean): Promise<void> {
    const until = this.now + ms - (isIdle ? 0 : this.hasteMs);
    if (until <= this.now) return Promise.resolve();
    return new Promise((wake) => this.#timeline.sleepers.push({ until, isIdle, wake }));
  }
}

export const time = new ScriptedTime();

export const timersPromises = {
  setTimeout: (ms: number, _value?: unknown, options?: { ref?: boolean }) => time.sleep(ms, options?.ref === false),
};
