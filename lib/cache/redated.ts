import { JOURNAL_LENGTH } from '../store/cache-store.js';
import type { DatedDependency } from './entry.js';
import type { Later } from './judgement.js';

/** Entries remembered at once; a few hundred bytes each. */
const LIMIT = 10_000;

/** Writes to a table, after which what the store has of an entry is dated anew, well before its journal forgets the first of them. */
const WRITE_BACK_AFTER = JOURNAL_LENGTH / 2;

type Dependencies = readonly DatedDependency[];

interface Remembered {
  readonly mark: string;
  /** As the store has them. */
  readonly stored: Dependencies;
  readonly now: Dependencies;
  readonly isByJournal: boolean;
}

/**
 * As of when entries were found to be true that were loaded before. The journals say so only for a while: what they have forgotten by the
 * time somebody asks again counts from what is remembered here.
 */
export class Redated {
  readonly #byKey = new Map<string, Remembered>();

  constructor(private readonly writeBackAfter = WRITE_BACK_AFTER) {}

  /** `undefined` for another text than the one that was judged. */
  of(key: string, mark: string): Dependencies | undefined {
    const known = this.#byKey.get(key);
    return known?.mark === mark ? known.now : undefined;
  }

  /** @returns whether the store should have it, before the journals outrun what it has */
  set(key: string, mark: string, before: Dependencies, later: Later): boolean {
    const found = this.#byKey.get(key);
    const known = found?.mark === mark ? found : undefined;
    const { dependencies: now } = later;
    const stored = known?.stored ?? before;
    // What the clocks of its rows say they go on saying.
    const isByJournal = later.isByJournal || known?.isByJournal === true;
    const isDue = isByJournal && now.some(({ asOf }, i) => asOf - stored[i]!.asOf >= this.writeBackAfter);
    this.#byKey.delete(key);
    this.#byKey.set(key, { mark, stored: isDue ? now : stored, now, isByJournal });
    if (this.#byKey.size > LIMIT) this.#byKey.delete(this.#byKey.keys().next().value!);
    return isDue;
  }
}
