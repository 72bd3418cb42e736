import type { Step } from './explore.js';
import { type Outcome, whatIsParked } from './gates.js';
import { sorted } from './sorted.js';
import type { ProtocolWorld } from './world.js';

/** Somebody who reads or writes, once. */
export abstract class Actor {
  abstract readonly kind: string;
  #state: 'absent' | 'waiting' | 'gone' = 'absent';
  /** What the world told it so far: given the same, it does the same. */
  #heard: { readonly call: string; readonly answer: unknown }[] = [];

  constructor(
    readonly name: string,
    protected readonly world: ProtocolWorld,
  ) {}

  get hasBegun(): boolean {
    return this.#state !== 'absent';
  }

  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  get isGone(): boolean {
    return this.#state === 'gone';
  }

  begin(): void {
    this.#state = 'waiting';
    this.act().then(
      () => this.leave(),
      (error: unknown) => this.world.violate(`${this.name} was in the way: ${String(error)}`),
    );
  }

  protected leave(): void {
    this.#state = 'gone';
  }

  hear(call: string, answer: unknown): void {
    this.#heard.push({ call, answer });
  }

  protected forget(): void {
    this.#heard = [];
  }

  fingerprint(): string {
    const parked = this.world.gates.of(this.name).map(whatIsParked);
    // A reader may be gone while what it has loaded is still on its way to the store.
    if (!this.isWaiting && !parked.length) return `${this.kind} ${this.#state}`;
    // Once the load has begun the entry is forgotten.
    const rereads = parked.some(([name]) => name.startsWith('read'));
    const heard = this.#heard.map(({ call, answer }) => [
      call,
      call === 'read' && !rereads ? { ...(answer as object), entries: [] } : answer,
    ]);
    return JSON.stringify([this.kind, this.#state, sorted(parked), heard, this.own()]);
  }

  faultSteps(): readonly Step[] {
    return [];
  }

  protected abstract act(): Promise<void>;

  /** What it remembers besides. */
  protected abstract own(): unknown;

  protected database<T>(
    name: string,
    outcomes: readonly { label: string; work: () => T }[],
    /** Whether the database can do it yet. */
    isPossible = () => true,
  ): Promise<T> {
    const all = (answer: (result: T) => void): readonly Outcome[] =>
      (isPossible() ? outcomes : []).map(({ label, work }) => ({
        label,
        take: () => {
          const result = work();
          this.hear(name, result);
          answer(result);
        },
      }));
    // Its own, also where somebody else's step lets it go on.
    return this.world.gates.park<T>(name, '', all, this.name);
  }
}
