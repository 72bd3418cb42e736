import type { EntityMetadata } from 'typeorm';
import type { Entry } from '../cache/entry.js';
import type { CacheKeys } from '../naming/cache-keys.js';
import { identifiedRow, ownIdentifier } from '../naming/identified-row.js';
import type { Identifier } from '../naming/identifier.js';
import { keySpelling } from '../naming/row-key.js';
import { entityClock, ownClocks } from '../naming/table-clocks.js';
import type { ClockWrite } from '../store/cache-store.js';

/** What clears are made of: one for each manager. */
export interface ClearParts {
  readonly name: string;
  readonly metadata: EntityMetadata;
  /** What is stored under a key, true or not. */
  readonly peek: (key: string) => Promise<Entry | undefined>;
  /** Makes what these writes change stale, now or when the transaction commits. The entries under the keys are free to go. */
  readonly advance: (writes: readonly ClockWrite[], keys: readonly string[]) => Promise<void>;
}

/** Makes entries of one manager stale on request: each such clear is a write to a clock of the manager's own. */
export class Clears {
  constructor(
    private readonly parts: ClearParts,
    private readonly keys: CacheKeys,
  ) {}

  all(): Promise<void> {
    // Its rows may be in other managers' entries too.
    const clocks = [this.keys.clears, ...ownClocks(this.parts.metadata)];
    return this.parts.advance(
      clocks.map((clock) => ({ clock, rows: 'unknown' })),
      [this.keys.listKey()],
    );
  }

  list(suffix?: string): Promise<void> {
    const key = this.keys.listKey(suffix);
    const row = suffix === undefined ? this.keys.listsRow : this.keys.entryRow(key);
    return this.parts.advance([this.#own(row)], [key, this.keys.countKey(key)]);
  }

  async detail(identifier?: Identifier): Promise<void> {
    const { keys, parts } = this;
    if (identifier === undefined) return parts.advance([this.#own(keys.detailsRow)], []);
    const { metadata } = parts;
    const own = ownIdentifier(parts, identifier);
    const key = keys.detailKey(own);
    const rows = await this.#rowsShown(key, identifiedRow(metadata, own));
    // A row nobody can name may be in any entry: then every detail goes.
    if (!rows) return parts.advance([this.#own(keys.entryRow(key), keys.detailsRow)], [key]);
    const shown: ClockWrite = { clock: entityClock(metadata), rows, key: keySpelling(metadata) };
    return parts.advance([this.#own(keys.entryRow(key)), shown], [key]);
  }

  /** Exactly the entry under a key given as text. */
  key(key: string): Promise<void> {
    return this.parts.advance([this.#own(this.keys.entryRow(key))], [key]);
  }

  #own(...rows: readonly string[]): ClockWrite {
    return { clock: this.keys.clears, rows };
  }

  /** The rows of the model's table that an entry shows or its identifier names; `undefined` when that cannot be told. */
  async #rowsShown(key: string, identified: string | undefined): Promise<readonly string[] | undefined> {
    const clock = entityClock(this.parts.metadata);
    const entry = await this.parts.peek(key);
    const shown = entry?.dependencies.find((dependency) => dependency.clock === clock)?.rows;
    if (identified === undefined) return shown;
    return [...new Set([...(shown ?? []), identified])];
  }
}
