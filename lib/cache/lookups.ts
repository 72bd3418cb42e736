import { setTimeout as sleep } from 'node:timers/promises';
import type { Image } from '../journal/change.js';
import { rowName } from '../journal/row-name.js';
import type { ClockView } from './clock-view.js';
import type { Unseen } from './judgement.js';
import { type KnownRows, nameOf } from './known-rows.js';
import type { Loads } from './read-request.js';

/** Rows that are looked at for one read; where more are in doubt, it loads. */
const MOST_ROWS = 50;

/** A look that takes longer than this, in milliseconds, keeps nobody from looking again: its connection may be dead. */
const OVERDUE_MS = 5_000;

type See = NonNullable<Loads<unknown>['see']>;

interface Look {
  readonly over: Promise<void>;
  readonly since: number;
}

/**
 * Looks at rows that a write has named by their key only: does the card that was rated belong to this board? What they hold decides whether
 * entries are still true that would have to be loaded otherwise, of all boards; one query tells it to all of their readers.
 */
export class Lookups {
  readonly #underWay = new Map<string, Look>();

  /** @param patienceMs after so long whoever waits goes on without, and nobody else waits for that look */
  constructor(
    private readonly rows: KnownRows,
    private readonly patienceMs: number,
  ) {}

  /**
   * Never rejects: what cannot be looked at stays unknown.
   *
   * @param view as of which they are seen at least
   * @returns whether it is worth judging again
   */
  async see(unseen: readonly Unseen[], view: ClockView, see: See): Promise<boolean> {
    const asked = byName(unseen);
    if (asked.size > MOST_ROWS) return false;
    const now = Date.now();
    const joined = new Set<Look>();
    for (const name of asked.keys()) {
      const look = this.#underWay.get(name);
      if (look && now - look.since < OVERDUE_MS) joined.add(look);
    }
    if ([...joined].some(({ since }) => now - since >= this.patienceMs)) return false;
    const own = [...asked].filter(([name]) => !joined.has(this.#underWay.get(name)!));
    const begun = [...tables(own)].map(([names, table]) => this.#begin(names, table, view, see));
    const over = new AbortController();
    const all = Promise.all([...joined, ...begun].map((look) => look.over)).then(() => true);
    const late = sleep(this.patienceMs, false, { ref: false, signal: over.signal });
    return Promise.race([all, late]).finally(() => {
      late.catch(() => undefined);
      over.abort();
    });
  }

  #begin(names: readonly string[], table: Unseen, view: ClockView, see: See): Look {
    const over = this.#look(table, view, see).finally(() => {
      for (const name of names) if (this.#underWay.get(name) === look) this.#underWay.delete(name);
    });
    const look: Look = { over, since: Date.now() };
    for (const name of names) this.#underWay.set(name, look);
    return look;
  }

  async #look(table: Unseen, view: ClockView, see: See): Promise<void> {
    try {
      const { clock } = table;
      const seen = await see(table, this.rows.decidingIn(clock));
      const { epoch, databases } = view;
      if (seen) this.rows.saw(epoch, { clock, asOf: view.nowOf(clock) }, [seen], databases);
    } catch {
      // The load that comes next tells what is wrong with the database.
    }
  }
}

interface UnseenRow {
  readonly of: Unseen;
  readonly row: Image;
}

/** Each row once. */
function byName(unseen: readonly Unseen[]): ReadonlyMap<string, UnseenRow> {
  const named = new Map<string, UnseenRow>();
  for (const of of unseen)
    for (const row of of.rows) named.set(nameOf(of.clock, of, rowName(row, of.key)!), { of, row });
  return named;
}

/** The rows of a table are looked at together. */
function tables(asked: readonly (readonly [string, UnseenRow])[]): ReadonlyMap<readonly string[], Unseen> {
  const byTable = new Map<string, { readonly names: string[]; readonly of: Unseen; readonly rows: Image[] }>();
  for (const [name, { of, row }] of asked) {
    const table = nameOf(of.clock, of, '');
    let known = byTable.get(table);
    if (!known) byTable.set(table, (known = { names: [], of, rows: [] }));
    known.names.push(name);
    known.rows.push(row);
  }
  return new Map([...byTable.values()].map(({ names, of, rows }) => [names, { ...of, rows }]));
}
