import { AsyncLocalStorage } from 'node:async_hooks';
import { quiet, type Step } from './explore.js';

/** How a call that waits may come out. */
export interface Outcome {
  readonly label: string;
  take(): void;
}

/** A call that was made and not yet answered. */
export interface Parked {
  readonly actor: string;
  readonly name: string;
  /** What it says, for comparing moments. */
  readonly said: string;
  readonly outcomes: () => readonly Outcome[];
}

/** What moments are compared by. */
export function whatIsParked({ name, said }: Parked): readonly [name: string, said: string] {
  return [name, said];
}

/** One for all runs: each that is made costs every promise from then on. */
const acting = new AsyncLocalStorage<string>();

/** Where every call to something outside of the engine waits until the explorer lets it happen. */
export class Gates {
  #parked: Parked[] = [];
  /** Whose step is being taken: only one at a time, so a call that arrives is its next. */
  current = '';
  /** Nothing waits. */
  areOpen = false;

  /** Whose calls are made now. Whoever waits for the time goes on in nobody's step. */
  get actor(): string {
    return acting.getStore() ?? this.current;
  }

  /** What is called from here on is this one's, whoever's step lets it go on. */
  as<T>(actor: string, act: () => T): T {
    return acting.run(actor, act);
  }

  park<T>(
    name: string,
    said: string,
    outcomes: (answer: (value: T) => void, refuse: (error: unknown) => void) => readonly Outcome[],
    actor = this.actor,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.areOpen) return outcomes(resolve, reject)[0]!.take();
      this.#parked.push({ actor, name, said, outcomes: () => outcomes(resolve, reject) });
    });
  }

  of(actor: string): readonly Parked[] {
    return this.#parked.filter((call) => call.actor === actor);
  }

  /** Its calls never get an answer, and never reach anybody. */
  abandon(actor: string): void {
    this.#parked = this.#parked.filter((call) => call.actor !== actor);
  }

  steps(actor: string): Step[] {
    return this.of(actor).flatMap((call) =>
      call
        .outcomes()
        .map(({ label, take }) => ({ label: `${actor}.${call.name}${label}`, take: () => this.#take(call, take) })),
    );
  }

  /** Begins something whose first call may take its time. */
  start(actor: string, start: () => void): void {
    this.current = actor;
    start();
  }

  /** Begins something and lets its first call happen at once where it can only go one way: beginning alone changes nothing. */
  async begin(actor: string, start: () => void): Promise<string | undefined> {
    this.current = actor;
    start();
    await quiet();
    const [first, ...others] = this.of(actor);
    const [outcome, ...alternatives] = first?.outcomes() ?? [];
    if (!outcome || others.length || alternatives.length) return undefined;
    this.#take(first!, outcome.take);
    return `${actor}.${first!.name}${outcome.label}`;
  }

  #take(call: Parked, take: () => void): void {
    this.current = call.actor;
    this.#parked.splice(this.#parked.indexOf(call), 1);
    take();
  }
}
