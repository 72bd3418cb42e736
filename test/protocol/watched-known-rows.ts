import { KnownRows, type Sighting } from '../../lib/cache/known-rows.js';
import { sorted } from './sorted.js';

type Saw = Parameters<KnownRows['saw']>;
type Of = Parameters<KnownRows['of']>;

/** Says what a process has seen of rows. */
export class WatchedKnownRows extends KnownRows {
  /** Told of each question what had been seen when it was sent, for comparing moments. */
  asked?: (moment: number) => void;
  readonly #seen = new Map<string, readonly Sighting[]>();

  override get moment(): number {
    const moment = super.moment;
    this.asked?.(moment);
    return moment;
  }

  override saw(...[epoch, dated, footprints, databases]: Saw): void {
    super.saw(epoch, dated, footprints, databases);
    for (const place of footprints) {
      const { key, rows = [] } = place;
      for (const row of rows) {
        const { clock } = dated;
        this.#seen.set(JSON.stringify([clock, key, row]), super.of(epoch, clock, place, row, databases));
      }
    }
  }

  fingerprint(): unknown {
    return sorted([...this.#seen].filter(([, sightings]) => sightings.length));
  }
}

/** What a row was seen to hold it holds for ever, whoever has written it since. */
export class BlindKnownRows extends WatchedKnownRows {
  constructor(private readonly nowOf: (clock: string) => number) {
    super();
  }

  override of(...asked: Of): readonly Sighting[] {
    const now = this.nowOf(asked[1]);
    return super.of(...asked).map((seen) => ({ ...seen, asOf: now }));
  }
}

/** Whatever has been seen counts for whoever asked, be it before. */
export class TimelessKnownRows extends WatchedKnownRows {
  override of(...asked: Of): readonly Sighting[] {
    return super.of(...asked).map((seen) => ({ ...seen, at: 0 }));
  }
}
