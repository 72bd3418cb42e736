import type { ClockView } from './clock-view.js';
import type { Dependency } from './dependency.js';
import type { DatedDependency, EntryKind } from './entry.js';

/**
 * What the clocks of everything a load may read show before its first query: it sees every write they have counted. Without one,
 * nothing may be stored.
 */
export class AsOf {
  readonly epoch: string;
  /** Equal for two between which nothing was written. */
  readonly name: string;
  readonly #now: readonly number[];

  constructor(
    private readonly view: ClockView,
    readonly clocks: readonly string[],
  ) {
    this.epoch = view.epoch;
    this.#now = view.now(clocks);
    this.name = JSON.stringify([this.epoch, this.#now]);
  }

  date(dependency: Dependency): DatedDependency {
    return { ...dependency, asOf: this.#now[this.clocks.indexOf(dependency.clock)]! };
  }

  /**
   * Equal for two between which nothing was written that is known to change what a load shows. A list and a count depend on all of their
   * tables; a detail on the rows it is known to show, and of other tables on rows nobody knows before the load.
   */
  nameOf(kind: EntryKind, rows: readonly Dependency[]): string {
    const latest = this.clocks.map((clock, i) => {
      if (kind !== 'detail') return this.#now[i];
      return this.view.latest(rows.find((each) => each.clock === clock) ?? { clock, rows: [] });
    });
    return JSON.stringify([this.epoch, latest]);
  }

  /** Whether nothing of these was written since, as another look at the clocks shows. */
  isStillTrue(dependencies: readonly DatedDependency[], view: ClockView): boolean {
    return view.epoch === this.epoch && dependencies.every((dependency) => view.judge(dependency) === true);
  }
}
