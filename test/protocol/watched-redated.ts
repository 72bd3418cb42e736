import type { DatedDependency } from '../../lib/cache/entry.js';
import type { Later } from '../../lib/cache/judgement.js';
import { Redated } from '../../lib/cache/redated.js';
import { sorted } from './sorted.js';

interface Remembered {
  readonly mark: string;
  readonly now: readonly DatedDependency[];
  /** As the store is thought to have them. */
  readonly stored: readonly DatedDependency[];
  readonly isByJournal: boolean;
}

/** Says what a process has found to be true, and when that was. */
export class WatchedRedated extends Redated {
  readonly #known = new Map<string, Remembered>();

  constructor(
    writeBackAfter: number | undefined,
    /** Told of each entry that only journals have found true. */
    private readonly judged: () => void,
  ) {
    super(writeBackAfter);
  }

  override set(key: string, mark: string, before: readonly DatedDependency[], later: Later): boolean {
    const isDue = super.set(key, mark, before, later);
    const found = this.#known.get(key);
    const known = found?.mark === mark ? found : undefined;
    const now = later.dependencies;
    const isByJournal = later.isByJournal || known?.isByJournal === true;
    this.#known.set(key, { mark, now, stored: isDue ? now : (known?.stored ?? before), isByJournal });
    if (later.isByJournal) this.judged();
    return isDue;
  }

  fingerprint(): unknown {
    return sorted(this.#known);
  }
}
