import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './now.js';
import type { Crew } from './crew.js';
import type { Evictions } from './evictions.js';
import type { Judge } from './judge.js';
import type { Part, Staging } from './modes.js';
import type { Network } from './network.js';
import type { Outage } from './outage.js';
import type { Oracle } from './oracle.js';
import type { Random } from './random.js';

const JUDGE_EVERY_MS = 500;
const EVICTING_MS = 1000;
/** How long readers have to find what a dead writer left behind. */
const AFTERMATH_MS = 900;
const RESET_EVERY_MS = 1000;
const OUTAGE_EVERY_MS = [2000, 5000] as const;
const OUTAGE_MS = [500, 2500] as const;
/** How long readers have to find what was not told, and not covered up: a store that is back is asked within a second. */
const AFTER_OUTAGE_MS = 1500;
/** How long it goes on after a wrong read: one may be luck, and says little. */
const LINGER_MS = 10_000;
const DEATH_POINTS = [undefined, 'after the hold', 'before the advance', 'before the advance'] as const;

export interface SoakParts {
  readonly crew: Crew;
  readonly evictions: Evictions;
  readonly judge: Judge;
  readonly oracle: Oracle;
  readonly random: Random;
  readonly network: Network;
  readonly staging: Staging;
  readonly cast: readonly Part[];
  readonly holdMs: number;
}

/** Lets faults happen, one kind after the other, until the time is over or a read was wrong a while ago. */
export class Soak {
  kills = 0;
  evictions = 0;
  migrations = 0;
  readonly outages = new Map<Outage, number>();
  #until = 0;

  constructor(private readonly parts: SoakParts) {}

  async run(seconds: number): Promise<void> {
    const { crew, judge, cast, staging } = this.parts;
    await Promise.all(cast.map((part) => crew.start(part)));
    this.#until = now() + seconds * 1000;
    const besides = [this.#judgeUntilTheEnd(), this.#resetUntilTheEnd(), this.#strandUntilTheEnd()];
    while (this.#goesOn) {
      await this.#evict();
      if (this.#goesOn) await (staging.kills ? this.#crash() : this.#lookAtOne());
      if (this.#goesOn) await this.#migrate();
    }
    await crew.stop();
    await Promise.all(besides);
    await judge.judge(true);
  }

  /** Ends it early, with a report. */
  interrupt(): void {
    this.#until = 0;
  }

  get #goesOn(): boolean {
    const { violatedAt, errors } = this.parts.judge;
    return now() < Math.min(this.#until, violatedAt + LINGER_MS) && !errors.length;
  }

  async #evict(): Promise<void> {
    const { crew, cast, staging, evictions, oracle, random } = this.parts;
    const enough = now() + EVICTING_MS;
    // Nobody else dies until everybody is back: what the dead leave behind must meet readers.
    while (this.#goesOn && (now() < enough || crew.ready < cast.length)) {
      const evicted = await evictions.evictOne(staging.evictions);
      if (evicted) this.evictions++;
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
    const victim = random.pick(crew.writers);
    if (!victim) return;
    if (random.chance(0.75)) crew.pause();
    await sleep(random.between(200, 600));
    await crew.kill(victim, random.pick(DEATH_POINTS));
    this.kills++;
    void crew.start(victim.part);
    await sleep(holdMs + AFTERMATH_MS);
    crew.resume();
  }

  /** Lets only one of those write whom the mode makes trouble, so that nobody covers up what it leaves untold. */
  async #lookAtOne(): Promise<void> {
    const { crew, random } = this.parts;
    const troubled = crew.writers.filter(({ part }) => part.plight);
    if (!troubled.length || this.#strands) return;
    crew.leaveAlone(random.pick(troubled));
    await this.#goOnUntil(now() + random.between(1500, 3000));
    crew.resume();
  }

  /** Mostly while nobody else writes, for the same reason; but who writes during an outage is for the outage to say. */
  async #migrate(): Promise<void> {
    const { crew, cast, random } = this.parts;
    if (!cast.some(({ role }) => role === 'migrator')) return;
    if (!this.#strands && random.chance(0.75)) crew.pause();
    await crew.replace('migrator');
    this.migrations++;
    await sleep(AFTERMATH_MS);
    if (!this.#strands) crew.resume();
  }

  async #resetUntilTheEnd(): Promise<void> {
    const { network, random } = this.parts;
    while (this.#goesOn) {
      network.reset(random);
      await sleep(RESET_EVERY_MS);
    }
  }

  get #strands(): boolean {
    return this.parts.network.isStrandable;
  }

  /** Whoever is stranded at the end closes so: what it cannot pay is to be told as lost. */
  async #strandUntilTheEnd(): Promise<void> {
    if (!this.#strands) return;
    while (this.#goesOn) {
      const next = now() + this.parts.random.between(...OUTAGE_EVERY_MS);
      await this.#strand();
      await this.#goOnUntil(next);
    }
  }

  /** Mostly one of the stranded writes alone meanwhile, and nobody afterwards: no other write covers up what it owes. */
  async #strand(): Promise<void> {
    const { crew, network, random } = this.parts;
    const { outage, workers, heal } = network.strand(random);
    this.outages.set(outage, (this.outages.get(outage) ?? 0) + 1);
    const stranded = crew.writers.filter(({ worker }) => workers.includes(worker));
    const isAlone = random.chance(0.75) && stranded.length > 0;
    if (isAlone) crew.leaveAlone(random.pick(stranded));
    await this.#goOnUntil(now() + random.between(...OUTAGE_MS));
    if (!this.#goesOn) return;
    heal();
    if (!isAlone) return;
    crew.pause();
    await this.#goOnUntil(now() + AFTER_OUTAGE_MS);
    crew.resume();
  }

  async #goOnUntil(moment: number): Promise<void> {
    while (this.#goesOn && now() < moment) await sleep(Math.min(100, Math.max(1, moment - now())));
  }

  async #judgeUntilTheEnd(): Promise<void> {
    while (this.#goesOn) {
      await this.parts.judge.judge();
      await sleep(JUDGE_EVERY_MS);
    }
  }
}
