import type { DataSource } from 'typeorm';
import type { CacheEvents } from '../events/cache-events.js';
import { safeError } from '../events/safe-error.js';
import { tellFailed } from '../events/tell-failed.js';
import { hideColumn } from '../naming/column-value.js';
import { askDatabaseName } from '../naming/database-name.js';
import type { CacheStore } from '../store/cache-store.js';
import { catchUp } from './catch-up.js';
import type { HoldProtocol } from './hold-protocol.js';
import { anything } from './statement-writes.js';
import { WriteWatch } from './write-watch.js';

/** A store that could not be asked at the start is asked again after so many milliseconds. */
const RETRY_MS = 1_000;

/** What the application gives each of its DataSources. */
export interface WatchRuntime {
  readonly store: () => CacheStore;
  /** Whether entries may be older than this process. */
  readonly outlives: () => boolean;
  /** Of what columns hold no more is told than the store knows anyway: keys. */
  readonly isPrivate: boolean;
  /** Whether there is a store to tell of writes yet. */
  readonly isOpen: () => boolean;
  /** Whether the DataSource is being destroyed. */
  readonly isEnding: () => boolean;
  readonly warn: (text: string) => void;
  /** From now on its writes are heard; whether some were not. */
  readonly take: () => boolean;
}

/** A DataSource through all its initializations: each has entities, subscribers and perhaps a database of its own. */
export class WatchedDataSource {
  readonly #uses: ((watch: WriteWatch) => void)[] = [];
  #watch: WriteWatch | undefined;
  #isInstalled = false;
  #hasWritten = false;
  /** It has been told that tables could not be asked for. */
  #isUnasked = false;
  #retry: NodeJS.Timeout | undefined;
  /** Changes whenever it is stopped: what was waiting then must not go on. */
  #run = 0;
  #renewed: Promise<void> = Promise.resolve();

  constructor(
    readonly dataSource: DataSource,
    private readonly protocol: HoldProtocol,
    private readonly events: CacheEvents,
    private readonly runtime: WatchRuntime,
  ) {}

  /** Settles with the last `renew()`: modules, applications and the DataSource itself may start at the same time. */
  get renewed(): Promise<void> {
    return this.#renewed;
  }

  /** There is none before the first `renew()` has ended. */
  get watch(): WriteWatch {
    return this.#watch!;
  }

  get isKnown(): boolean {
    return this.#watch !== undefined;
  }

  get isUsed(): boolean {
    return this.#uses.length > 0;
  }

  /** Does this with the watch over it, and again with every later one. */
  use(use: (watch: WriteWatch) => void): void {
    use(this.watch);
    this.#uses.push(use);
  }

  /** Its entities are known, for the first time or again. From here on its writes are heard, once there is somebody to tell. */
  renew(): Promise<void> {
    return (this.#renewed = this.#renew());
  }

  async #renew(): Promise<void> {
    this.stop();
    const run = this.#run;
    const problem = await askDatabaseName(this.dataSource);
    if (problem !== undefined) {
      this.runtime.warn(
        `A database could not be asked for its name (${problem}), so its clocks go by the configured one. Writes of applications that reach it under another name are not heard: configure the same database name everywhere.`,
      );
    }
    if (this.runtime.isPrivate) this.#hideColumns();
    this.#watch = new WriteWatch(this.dataSource, this.protocol, this.events);
    for (const use of this.#uses) use(this.#watch);
    if (run === this.#run) this.#install();
  }

  #hideColumns(): void {
    for (const { columns } of this.dataSource.entityMetadatas) {
      for (const column of columns) if (!column.isPrimary && !column.referencedColumn) hideColumn(column);
    }
  }

  /** It is initialized: its entries are trusted once it is known what they may have missed, and everybody has been told. */
  async start(): Promise<void> {
    const run = this.#run;
    // One that failed was reported by whoever asked for it.
    await this.#renewed.catch(() => undefined);
    const watch = this.#watch;
    if (!watch || run !== this.#run) return;
    this.#install();
    if (this.runtime.outlives()) await this.#catchUp(watch, run);
    else watch.begin();
    if (watch.isWatching) await this.#learnTables(watch);
  }

  async #catchUp(watch: WriteWatch, run: number): Promise<void> {
    try {
      const everything = watch.tables.everything();
      const isOver = () => run !== this.#run || this.runtime.isEnding();
      const problem = await catchUp(this.dataSource, everything, this.runtime.store(), this.#hasWritten, isOver);
      // Initialized again meanwhile, it is another start that counts.
      if (isOver()) return;
      if (problem !== undefined) {
        this.runtime.warn(
          `A database could not be asked which tables and migrations it has (${problem}), so every start makes all of its entries stale. Grant its user SELECT on the catalogue.`,
        );
      }
      this.#hasWritten = false;
      watch.begin();
    } catch (error) {
      tellFailed(this.events, 'catch up', error);
      await this.#tellOfUnheard(watch);
      if (run !== this.#run) return;
      this.#retry = setTimeout(() => void (this.dataSource.isInitialized && this.start()), RETRY_MS).unref();
    }
  }

  /** Nobody relies on the answer: without it lists are dropped by more writes than need be. */
  async #learnTables(watch: WriteWatch): Promise<void> {
    try {
      const unasked = await watch.learnTables();
      if (unasked) this.#warnUnasked(unasked.problem, unasked.remedy);
    } catch (error) {
      if (watch.isWatching && !this.runtime.isEnding()) this.#warnUnasked(safeError(error).message);
    }
  }

  #warnUnasked(problem: string, remedy = 'Grant its user SELECT on the catalogue'): void {
    if (this.#isUnasked) return;
    this.#isUnasked = true;
    this.runtime.warn(
      `A database could not be asked which tables have triggers (${problem}), so any write to a table drops all of its lists. ${remedy}${remedy && ' to keep those that a write does not concern.'}`.trim(),
    );
  }

  /**
   * The next process finds what was migrated, but not what was written: so that is told by itself, and owed where it cannot be, in case
   * this process ends before the store is back.
   */
  async #tellOfUnheard({ tables }: WriteWatch): Promise<void> {
    if (!this.#hasWritten) return;
    this.#hasWritten = false;
    await this.protocol.advance(tables.everything().map(anything));
  }

  stop(): void {
    this.#run++;
    clearTimeout(this.#retry);
    this.#watch?.uninstall();
    this.#isInstalled = false;
  }

  #install(): void {
    if (this.#isInstalled || !this.runtime.isOpen()) return;
    this.#isInstalled = true;
    this.#watch?.install();
    this.#hasWritten = this.runtime.take() || this.#hasWritten;
  }
}
