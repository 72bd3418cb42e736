import { StoreError } from '../../lib/errors.js';
import {
  type Budget,
  CacheStore,
  type EntriesRead,
  type ClockWrite,
  type ClockQuery,
  type ClocksRead,
  type ClockState,
  type EntryInHand,
  type Lease,
  type Work,
} from '../../lib/store/cache-store.js';
import type { Gates, Outcome } from './gates.js';
import { BUDGET } from './scenario.js';
import { time } from './scripted-time.js';
import type { ScriptedServer } from './scripted-server.js';
import type { ScriptedTracking } from './scripted-tracking.js';
import { sorted } from './sorted.js';

/** Of an entry by its key, and what is known of it, or of a clock. */
type Question = string | { readonly entry: string; readonly known: unknown } | { readonly clock: string };

type Method =
  'read' | 'touch' | 'put' | 'replace' | 'remove' | 'lease' | 'endLease' | 'hold' | 'renew' | 'release' | 'advance';

/** What may go wrong with single calls, and how often in one run. */
export interface CallFaults {
  /** The server says no and does nothing. */
  readonly refused?: readonly Method[];
  /** The answer does not come within the budget: the caller hears of a failure, and the call takes effect later or never. */
  readonly lost?: readonly Method[];
  /** It takes effect, and once more at some later time: its answer was lost, and it was sent again. */
  readonly repeated?: readonly Method[];
  left: number;
  /** Calls of unknown outcome that may yet take effect. */
  readonly late: { readonly label: string; readonly take: () => void }[];
}

export interface StoreScript {
  readonly gates: Gates;
  readonly server: ScriptedServer;
  readonly faults: CallFaults;
  /** Entries and every clock at moments of their own, in any order, as several servers would answer. */
  readonly split: boolean;
  /** Processes ask each other's leave to load. */
  readonly leases: boolean;
  /** It is the process's own, so it can be asked at once. */
  readonly local: boolean;
  /** What it is told of changes; `undefined` where it is told of none. */
  readonly tracking: ScriptedTracking | undefined;
  /** Told when it has been asked whether an entry is as it was, and could tell; `isLate` where it was not, and nobody has told. */
  readonly vouched: (isLate: boolean) => void;
  /** What a caller got to know, for comparing moments. */
  readonly heard: (actor: string, name: string, answer: unknown) => void;
}

type Asked = readonly [keys: readonly string[], queries: readonly ClockQuery[], known: readonly (string | undefined)[]];

/** A process's way to the server: every call waits at a gate. */
export class GatedStore extends CacheStore {
  readonly name = 'scripted';
  /** Holds and leases by their actors: the names the engine gives are never the same twice. */
  readonly #holders = new Map<string, string>();

  constructor(private readonly script: StoreScript) {
    super();
  }

  async read(
    keys: readonly string[],
    queries: readonly ClockQuery[],
    _budget?: Budget,
    known: readonly (string | undefined)[] = [],
  ): Promise<EntriesRead> {
    const { tracking } = this.script;
    const asked = [keys, queries, known] as const;
    const read = await (tracking ? this.#readTracked(tracking, ...asked) : this.#read(asked));
    const isKnown = (text: string | undefined, i: number) => known[i] !== undefined && text?.startsWith(known[i]);
    return { ...read, entries: read.entries.map((text, i) => (isKnown(text, i) ? known[i] : text)) };
  }

  override vouchesFor(key: string, entry: EntryInHand): boolean {
    const { local, server, tracking, vouched } = this.script;
    if (tracking && entry.standing?.isStanding) {
      vouched(tracking.isUntold(entry.standing as ReturnType<ScriptedTracking['begin']>));
      return true;
    }
    if (!local || !server.vouchesFor(key, entry)) return false;
    vouched(false);
    return true;
  }

  /** Its answer takes its time, in which the process may be told of what has changed since. */
  async #readTracked(tracking: ScriptedTracking, ...[keys, queries, known]: Asked): Promise<EntriesRead> {
    const { server, gates } = this.script;
    const names = [...queries.map(({ clock }) => clock), ...keys];
    const isLate = tracking.fault === 'begun late';
    let standing = isLate ? undefined : tracking.begin(names);
    let read: EntriesRead | undefined;
    let isStill = false;
    const look = (isWhole: boolean) => {
      const isHeld = queries.some(({ clock }) => server.holds(clock).size > 0);
      isStill = isWhole && (!isHeld || tracking.fault === 'blind to holds');
    };
    try {
      read = await this.#read([keys, queries, known], look);
      await gates.park<void>('read reply', JSON.stringify(read), (arrive) => [{ label: '', take: () => arrive() }]);
    } finally {
      standing ??= tracking.begin(names);
      tracking.answered(standing, read !== undefined && isStill);
    }
    return isStill ? { ...read, standing } : read;
  }

  /** @param look told when it is answered, and whether nothing had to be made for that */
  async #read([keys, queries, known]: Asked, look?: (isWhole: boolean) => void): Promise<EntriesRead> {
    const { server } = this.script;
    const entries = () => keys.map((key) => server.entries.get(key));
    const state = (query: ClockQuery) => ({ epoch: server.epoch, state: server.read(query) });
    if (!this.script.split) {
      return this.#call('read', [keys, queries, known], () => {
        const { changes } = server;
        const read = { ...joined(queries.map(state)), entries: entries() };
        look?.(server.changes === changes);
        return read;
      });
    }
    const [found, ...states] = await Promise.all([
      keys.length ? this.#call('read', { entry: keys.join(), known }, entries) : [],
      ...queries.map((query) => this.#call('read', query, () => state(query))),
    ]);
    return { ...joined(states), entries: found };
  }

  async touch(queries: readonly ClockQuery[], lifetimeMs: number): Promise<ClocksRead> {
    const { server } = this.script;
    const state = (query: ClockQuery) => ({ epoch: server.epoch, state: server.touch(query, lifetimeMs) });
    return joined(await this.#each('touch', queries, state));
  }

  async put(key: string, entry: string): Promise<void> {
    await this.#call('put', [key, entry], () => void this.script.server.entries.set(key, entry));
  }

  override async replace(key: string, mark: string, entry: string): Promise<void> {
    const { entries } = this.script.server;
    const isThere = () => entries.get(key)?.startsWith(mark) === true;
    await this.#call('replace', [key, mark, entry], () => void (isThere() && entries.set(key, entry)));
  }

  async remove(keys: readonly string[]): Promise<void> {
    await this.#call('remove', [...keys], () => {
      for (const key of keys) this.script.server.entries.delete(key);
    });
    this.script.tracking?.hasWritten(keys);
  }

  async lease(work: readonly Work[], id: string, lifetimeMs: number): Promise<readonly Lease[]> {
    if (!this.script.leases) return work.map(() => 'mine');
    const holder = this.#holder(id);
    const lease = (each: Work) => this.script.server.lease(each, holder, lifetimeMs);
    return this.#call('lease', [...work], () => work.map(lease));
  }

  async endLease(work: readonly Work[], id: string, freeMs?: number): Promise<void> {
    if (!this.script.leases) return;
    const holder = this.#holder(id);
    await this.#call('endLease', [...work, freeMs], () => {
      for (const each of work) this.script.server.endLease(each, holder, freeMs);
    });
  }

  async hold(clocks: readonly string[], id: string, deadlineMs: number, releasesKeys?: boolean): Promise<void> {
    const isRenewal = this.#holders.has(id);
    const holder = this.#holder(id);
    const hold = (clock: string) => this.script.server.hold(clock, holder, deadlineMs, releasesKeys);
    // Nobody's step asks for a renewal: time does.
    await this.#each(isRenewal ? 'renew' : 'hold', clocks, hold, holder);
  }

  async release(clocks: readonly string[], id: string): Promise<void> {
    const holder = this.#holder(id);
    await this.#each('release', clocks, (clock) => this.script.server.release(clock, holder));
  }

  async advance(writes: readonly ClockWrite[], hold?: string): Promise<void> {
    const holder = hold === undefined ? undefined : this.#holder(hold);
    await this.#each('advance', writes, (write) => this.script.server.advance(write, holder));
    this.script.tracking?.hasWritten(writes.map(({ clock }) => clock));
  }

  async check(): Promise<undefined> {}

  #holder(id: string): string {
    const holder = this.#holders.get(id) ?? this.script.gates.actor;
    this.#holders.set(id, holder);
    return holder;
  }

  async #each<Q extends Question, A>(
    method: Method,
    questions: readonly Q[],
    answer: (question: Q) => A,
    actor?: string,
  ): Promise<A[]> {
    if (!this.script.split) return this.#call(method, questions, () => questions.map(answer), actor);
    return Promise.all(questions.map((question) => this.#call(method, question, () => answer(question), actor)));
  }

  #call<T>(
    method: Method,
    question: Question | readonly unknown[],
    done: () => T,
    actor = this.script.gates.actor,
  ): Promise<T> {
    const { gates, server, heard, faults } = this.script;
    const work = () => {
      server.by = this.script.tracking;
      try {
        return done();
      } finally {
        server.by = undefined;
      }
    };
    const about = subject(question);
    const name = about === undefined ? method : `${method}(${about})`;
    const outcomes = (answer: (value: T) => void, refuse: (error: unknown) => void): readonly Outcome[] => {
      const fail = (reason: string) => {
        heard(actor, name, reason);
        refuse(new StoreError(`The scripted store ${reason} ${method}.`, 'unable'));
      };
      const isRefused =
        server.refuses === 'everything' || (server.refuses === 'writes' && method !== 'read' && method !== 'remove');
      if (isRefused) return [{ label: ' REFUSED', take: () => fail('refuses to') }];
      const possible: Outcome[] = [
        {
          label: '',
          take: () => {
            const value = work();
            heard(actor, name, value);
            answer(value);
          },
        },
      ];
      const fault = (label: string, take: () => void): void => {
        possible.push({
          label,
          take: () => {
            faults.left--;
            take();
          },
        });
      };
      if (faults.left > 0 && faults.refused?.includes(method)) fault(' REFUSED', () => fail('refuses to'));
      if (faults.left > 0 && faults.lost?.includes(method)) {
        fault(' TIMES OUT', () => {
          time.passUntil(time.now + (method === 'hold' || method === 'renew' ? BUDGET / 2 : BUDGET));
          fail('did not answer in time to');
          faults.late.push({ label: `late ${actor}.${name}`, take: () => void work() });
        });
      }
      if (faults.left > 0 && faults.repeated?.includes(method)) {
        fault(' IS REPEATED', () => {
          faults.late.push({ label: `again ${actor}.${name}`, take: () => void work() });
          const value = work();
          heard(actor, name, value);
          answer(value);
        });
      }
      return possible;
    };
    return gates.park<T>(name, JSON.stringify(question), outcomes, actor);
  }
}

/** As a cluster answers: the epoch is that of all servers asked. */
function joined(parts: readonly { epoch: number; state: ClockState }[]): ClocksRead {
  const epochs = new Set(parts.map(({ epoch }) => epoch));
  return { epoch: sorted(epochs).join('+'), clocks: parts.map(({ state }) => state) };
}

/** The key or the clock a call is about, where it is about one. */
function subject(question: Question | readonly unknown[]): string | undefined {
  if (typeof question === 'string') return lastPart(question);
  if ('entry' in question) return lastPart(question.entry);
  return 'clock' in question ? lastPart(question.clock) : undefined;
}

function lastPart(name: string): string {
  return name.split('.').at(-1)!;
}
