import { KnownRows, type Sighting } from '../../lib/cache/known-rows.js';
import type { KeyColumn, LoadedFootprint } from '../../lib/journal/footprint.js';
import { sorted } from './sorted.js';

/** Says what a process has seen of rows. */
export class WatchedKnownRows extends KnownRows {
  readonly #seen = new Map<string, readonly Sighting[]>();

  override saw(epoch: string, clock: string, asOf: number, footprints: readonly LoadedFootprint[]): void {
    super.saw(epoch, clock, asOf, footprints);
    for (const { key, rows = [] } of footprints) {
      for (const row of rows) this.#seen.set(JSON.stringify([clock, key, row]), super.of(epoch, clock, key, row));
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

  override of(epoch: string, clock: string, key: readonly KeyColumn[], row: string): readonly Sighting[] {
    const now = this.nowOf(clock);
    return super.of(epoch, clock, key, row).map(({ image }) => ({ asOf: now, image }));
  }
}
