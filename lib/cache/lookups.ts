import { setTimeout as sleep } from 'node:timers/promises';
import type { Image } from '../journal/change.js';
import { rowName } from '../journal/row-name.js';
import type { ClockView } from './clock-view.js';
import type { Unseen } from './judgement.js';
import { type KnownRows, nameOf } from './known-rows.js';
import type { Loads } from './read-request.js';

/** Rows that are looked at for one read; where more are in doubt, it loads. */
const MOST_ROWS = 50;

type See = NonNullable<Loads<unknown>['see']>;

/**
 * Looks at rows that a write has named by their key only: does the card that was rated belong to this board? What they hold decides whether
 * entries are still true that would have to be loaded otherwise, of all boards; one query tells it to all of their readers.
 */
export class Lookups {
  readonly #underWay = new Map<string, Promise<void>>();

  /** @param patienceMs after so long whoever waits goes on without */
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
    const joined = [...asked.keys()].flatMap((name) => this.#underWay.get(name) ?? []);
    const own = [...asked].filter(([name]) => !this.#underWay.has(name));
    const begun = [...tables(own)].map(([names, table]) => this.#begin(names, table, view, see));
    const over = new AbortController();
    const all = Promise.all([...new Set(joined), ...begun]).then(() => true);
    const late = sleep(this.patienceMs, false, { ref: false, signal: over.signal });
    return Promise.race([all, late]).finally(() => {
      late.catch(() => undefined);
      over.abort();
    });
  }

  #begin(names: readonly string[], { clock, key, rows }: Unseen, view: ClockView, see: See): Promise<void> {
    const looked = this.#look({ clock, key, rows }, view, see).finally(() => {
      for (const name of names) this.#underWay.delete(name);
    });
    for (const name of names) this.#underWay.set(name, looked);
    return looked;
  }

  async #look({ clock, key, rows }: Unseen, view: ClockView, see: See): Promise<void> {
    try {
      const seen = await see(clock, key, rows, this.rows.decidingIn(clock));
      const { epoch, databases } = view;
      if (seen) this.rows.saw(epoch, { clock, asOf: view.nowOf(clock) }, [seen], databases);
    } catch {
      // The load that comes next tells what is wrong with the database.
    }
  }
}

interface NamedRow extends Omit<Unseen, 'rows'> {
  readonly row: Image;
}

/** Each row once. */
function byName(unseen: readonly Unseen[]): ReadonlyMap<string, NamedRow> {
  const named = new Map<string, NamedRow>();
  for (const { clock, key, rows } of unseen)
    for (const row of rows) named.set(nameOf(clock, key, rowName(row, key)!), { clock, key, row });
  return named;
}

/** The rows of a table are looked at together. */
function tables(asked: readonly (readonly [string, NamedRow])[]): ReadonlyMap<readonly string[], Unseen> {
  const byTable = new Map<string, { names: string[]; clock: string; key: Unseen['key']; rows: Image[] }>();
  for (const [name, { clock, key, row }] of asked) {
    const table = nameOf(clock, key, '');
    let known = byTable.get(table);
    if (!known) byTable.set(table, (known = { names: [], clock, key, rows: [] }));
    known.names.push(name);
    known.rows.push(row);
  }
  return new Map([...byTable.values()].map((each) => [each.names, each]));
}
