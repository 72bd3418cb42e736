import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './clock.js';
import type { Crew } from './crew.js';
import type { Evictions } from './evictions.js';
import type { Judge } from './judge.js';
import type { Oracle } from './oracle.js';
import type { Random } from './random.js';

const PROCESSES = 3;
const JUDGE_EVERY_MS = 500;
const EVICTING_MS = 1000;
/** How long readers have to find what a dead writer left behind. */
const AFTERMATH_MS = 900;
const DEATH_POINTS = [undefined, 'after the hold', 'before the advance', 'before the advance'] as const;

export interface SoakParts {
  readonly crew: Crew;
  readonly evictions: Evictions;
  readonly judge: Judge;
  readonly oracle: Oracle;
  readonly random: Random;
  readonly holdMs: number;
}

/** Lets faults happen, one kind after the other, until the time is over or a read was wrong. */
export class Soak {
  kills = 0;
  evicted = 0;
  #until = 0;

  constructor(private readonly parts: SoakParts) {}

  async run(seconds: number): Promise<void> {
    const { crew, judge } = this.parts;
    await Promise.all(Array.from({ length: PROCESSES }, () => crew.start()));
    this.#until = now() + seconds * 1000;
    const judging = this.#judgeUntilTheEnd();
    while (this.#goesOn) {
      await this.#evict();
      if (this.#goesOn) await this.#crash();
    }
    await crew.stop();
    await judging;
    await judge.judge(true);
  }

  /** Ends it early, with a report. */
  interrupt(): void {
    this.#until = 0;
  }

  get #goesOn(): boolean {
    return now() < this.#until && !this.parts.judge.isBroken;
  }

  async #evict(): Promise<void> {
    const { crew, evictions, oracle, random } = this.parts;
    const enough = now() + EVICTING_MS;
    // Nobody else dies until everybody is back: what the dead leave behind must meet readers.
    while (this.#goesOn && (now() < enough || crew.ready < PROCESSES)) {
      const evicted = await evictions.evictOne();
      if (evicted) this.evicted++;
      if (evicted === 'table') oracle.tableEvicted(now());
      await sleep(random.between(5, 60));
    }
  }

  /**
   * Kills one process and gives its holds time to pass. Mostly while nobody else writes: then the cache is full of what its last
   * write made old, and no later write covers that up.
   */
  async #crash(): Promise<void> {
    const { crew, random, holdMs } = this.parts;
    const victim = crew.victim((count) => random.between(0, count - 1));
    if (!victim) return;
    if (random.chance(0.75)) crew.pause();
    await sleep(random.between(200, 600));
    await crew.kill(victim, random.pick(DEATH_POINTS));
    this.kills++;
    void crew.start();
    await sleep(holdMs + AFTERMATH_MS);
    crew.resume();
  }

  async #judgeUntilTheEnd(): Promise<void> {
    while (this.#goesOn) {
      await this.parts.judge.judge();
      await sleep(JUDGE_EVERY_MS);
    }
  }
}
