import type { Budget, CacheStore, ClockQuery, EntriesRead, Standing } from '../store/cache-store.js';
import { AsOf } from './as-of.js';
import { ClockView } from './clock-view.js';
import { type Dependency, clockQueries, clockQueriesOf } from './dependency.js';
import { atEndOfTurn } from './end-of-turn.js';
import type { Entry } from './entry.js';
import type { Journals } from './journals.js';
import type { KeptEntry, NearCache } from './near-cache.js';
import { readInPieces } from './read-in-pieces.js';
import { fromText, kept, type Stored } from './stored.js';

/** What a question is sent with, and whom to tell that the store failed. */
export interface QuestionContext {
  readonly store: CacheStore;
  /** All of them every time: on a cluster the epoch is that of the servers asked. */
  readonly clocks: readonly string[];
  readonly budget: Budget;
  readonly failed: (error: unknown) => void;
  /** What a stored text says; `undefined` for what is not ours. */
  readonly parse: (key: string, text: string) => Entry | undefined;
  /** What this process has of entries already. Default: nothing, and it comes to have nothing. */
  readonly near?: NearCache | undefined;
  /** Told what journals say. Default: nobody is, and none is asked for. */
  readonly journals?: Journals | undefined;
  /** Told what the clocks show. Default: nobody is. */
  readonly heard?: ((clocks: readonly string[], now: readonly number[]) => void) | undefined;
}

/**
 * What the readers of one turn ask of the store, once. It is sent when the turn ends, so nobody who joins it began after it was
 * answered: an answer says at least what was so when its readers began.
 */
export class Question {
  /** `undefined`: the store has not answered. */
  readonly answer: Promise<Answer | undefined>;
  #isSent = false;
  readonly #keys: string[] = [];
  readonly #rows: (readonly Dependency[])[] = [];

  /** @param sent told when nobody may join any more */
  constructor(
    private readonly context: QuestionContext,
    private readonly sent?: () => void,
  ) {
    this.answer = new Promise((resolve) => atEndOfTurn(() => resolve(this.#send())));
  }

  get isSent(): boolean {
    return this.#isSent;
  }

  /** How many keys are asked for. */
  get size(): number {
    return this.#keys.length;
  }

  /**
   * @param key of an entry that nobody has asked for yet
   * @param rows whose clocks are asked for as well
   */
  about(key: string | undefined, rows: readonly Dependency[]): void {
    if (key !== undefined) this.#keys.push(key);
    if (rows.length) this.#rows.push(rows);
  }

  async #send(): Promise<Answer | undefined> {
    this.#isSent = true;
    this.sent?.();
    const { store, clocks, budget, failed, near, heard, journals } = this.context;
    const keys = this.#keys;
    // Held on to until the answer is there: what is read meanwhile may push it out.
    const known = near && keys.map((key) => near.get(key));
    const marks = known?.some(Boolean) ? known.map((entry) => entry?.mark) : undefined;
    // Whatever a store throws or answers, its readers are told.
    try {
      const queries = this.#queries();
      const askedAt = journals?.rows.moment;
      const read = await readInPieces(store, keys, queries, budget, failed, marks);
      journals?.heard(queries, read);
      const view = new ClockView(queries, read, journals, askedAt);
      heard?.(clocks, view.now(clocks));
      return new Answer(view, keys, read, this.context, known);
    } catch (error) {
      failed(error);
      return undefined;
    }
  }

  #queries(): readonly ClockQuery[] {
    const { clocks } = this.context;
    const [rows, ...more] = this.#rows;
    return more.length ? clockQueries(clocks, this.#rows.flat()) : clockQueriesOf(clocks, rows);
  }
}

/** What the store said, for every reader who asked. */
export class Answer {
  readonly #stored: (Stored | undefined | null)[] = [];
  #places: Map<string, number> | undefined;
  #further: Question | undefined;
  #later: ClockView | undefined;

  constructor(
    readonly view: ClockView,
    private readonly keys: readonly string[],
    private readonly read: Pick<EntriesRead, 'entries' | 'standing'>,
    private readonly context: QuestionContext,
    private readonly known: readonly (KeptEntry | undefined)[] | undefined,
  ) {}

  /** What is left of what the question was sent with. */
  get budget(): Budget {
    return this.context.budget.copy();
  }

  /** For a load that begins now. */
  get asOf(): AsOf {
    return new AsOf(this.view, this.context.clocks);
  }

  /**
   * For a load that begins now, of rows that it is known to show. Their clocks must be there before it, or any write to their tables would be
   * one to them when it is stored; and by their clocks all processes know that their loads could be one.
   *
   * @returns `undefined` where nobody has asked for them
   */
  asOfShown(rows: readonly Dependency[]): AsOf | undefined {
    const view = [this.#later, this.view].find((each) => each && rows.every((row) => each.covers(row)));
    return view && this.#asOfNow(view);
  }

  /** As `asOfShown`, by a second round trip where nobody has asked for them. */
  async asOfShowing(rows: readonly Dependency[]): Promise<AsOf> {
    return this.asOfShown(rows) ?? this.#asOfNow(await this.further(rows));
  }

  #asOfNow(view: ClockView | undefined): AsOf {
    const { clocks } = this.context;
    return view && !view.isHeld(clocks) ? new AsOf(view, clocks) : this.asOf;
  }

  /** Of what it says of its own clocks and entries, `further` ones left out. */
  get standing(): Standing | undefined {
    return this.read.standing;
  }

  hasText(key: string): boolean {
    return this.read.entries[this.#place(key)] !== undefined;
  }

  /** `undefined` where nothing is stored, or nothing of ours. */
  entry(key: string): Stored | undefined {
    const place = this.#place(key);
    let stored = this.#stored[place];
    if (stored === undefined) stored = this.#stored[place] = this.#read(key, place) ?? null;
    return stored ?? undefined;
  }

  #read(key: string, place: number): Stored | undefined {
    const text = this.read.entries[place];
    if (text === undefined) return undefined;
    const known = this.known?.[place];
    // A store may have sent all of it.
    if (known && text.startsWith(known.mark)) return kept(known);
    const entry = this.context.parse(key, text);
    return entry && fromText(entry, text, this.context.near);
  }

  #place(key: string): number {
    if (this.keys.length === 1) return 0;
    this.#places ??= new Map(this.keys.map((each, i) => [each, i]));
    return this.#places.get(key)!;
  }

  /** A second round trip, on what is left of the budget, for clocks nobody knew to ask for. */
  async further(dependencies: readonly Dependency[]): Promise<ClockView | undefined> {
    if (!this.#further || this.#further.isSent) this.#further = new Question(this.context);
    this.#further.about(undefined, dependencies);
    const { view } = (await this.#further.answer) ?? {};
    this.#later = view ?? this.#later;
    return view;
  }
}
