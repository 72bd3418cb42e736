import type { Step } from './explore.js';
import type { Scenario } from './scenario.js';
import type { ScriptedServer } from './scripted-server.js';

type Kind = 'evictions' | 'expiries' | 'refusals' | 'recoveries' | 'snapshots';

/** What befalls a server as a whole, as often as a scenario allows. */
export class ServerFaults {
  /** How many of each are left. */
  readonly #left: Record<Kind, number>;

  constructor(
    private readonly server: ScriptedServer,
    private readonly scenario: Scenario,
  ) {
    const { evictions, expiries, refuses, recovers, restores } = scenario;
    this.#left = {
      evictions: evictions?.times ?? 0,
      expiries: expiries ?? 0,
      refusals: refuses ? 1 : 0,
      recoveries: recovers ? 1 : 0,
      snapshots: restores ? 1 : 0,
    };
  }

  fingerprint(): unknown {
    return this.#left;
  }

  steps(): readonly Step[] {
    const { server } = this;
    const restoring = { label: 'the snapshot comes back', take: () => server.restoreSnapshot() };
    return [
      ...this.#evictions(),
      ...this.#expiries(),
      ...this.#refusals(),
      ...(server.hasSnapshot
        ? [restoring]
        : this.#step('snapshots', 'a snapshot is taken', () => server.takeSnapshot())),
    ];
  }

  #evictions(): readonly Step[] {
    const { server } = this;
    const of = this.scenario.evictions?.of ?? [];
    const evict = (what: string, take: () => unknown) => this.#step('evictions', `evict ${what}`, take);
    return [
      ...(of.includes('entry')
        ? [...server.entries.keys()].flatMap((key) => evict(key, () => server.entries.delete(key)))
        : []),
      ...(of.includes('row') ? server.rows.flatMap((row) => evict(row, () => server.evictRow(row))) : []),
      ...(of.includes('journal')
        ? server.journals.flatMap((clock) => evict(`what ${clock} has told`, () => server.evictJournal(clock)))
        : []),
      ...(of.includes('table') ? server.clocks.flatMap((clock) => evict(clock, () => server.evictClock(clock))) : []),
    ];
  }

  #expiries(): readonly Step[] {
    const { server } = this;
    const expireClocks = () => {
      for (const row of server.rows) server.evictRow(row);
      for (const clock of server.clocks) server.evictClock(clock);
    };
    return [
      ...(server.entries.size ? this.#step('expiries', 'entries expire', () => server.entries.clear()) : []),
      ...(server.clocks.length ? this.#step('expiries', 'clocks expire', expireClocks) : []),
    ];
  }

  #refusals(): readonly Step[] {
    const { server } = this;
    const { refuses } = this.scenario;
    if (!refuses) return [];
    if (server.refuses === 'nothing') {
      return this.#step('refusals', `the store refuses ${refuses}`, () => (server.refuses = refuses));
    }
    return this.#step('recoveries', 'the store recovers', () => (server.refuses = 'nothing'));
  }

  #step(kind: Kind, label: string, take: () => unknown): Step[] {
    if (this.#left[kind] === 0) return [];
    return [
      {
        label,
        take: () => {
          this.#left[kind]--;
          take();
        },
      },
    ];
  }
}
