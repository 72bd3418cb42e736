import type { Keeping, Loaded, Loads } from '../../lib/cache/read-request.js';
import { rowName } from '../../lib/journal/row-name.js';
import { Actor } from './actor.js';
import type { Cell, WriteCounts } from './database.js';
import type { Step } from './explore.js';
import type { ReadSeen } from './near.js';
import { type Query, type QueryName, queryNamed, type Seen } from './queries.js';
import { find, type Found, heldBy, rowsNamed } from './tables.js';
import type { ProtocolWorld } from './world.js';

type See = NonNullable<Loads<Seen>['see']>;

/** Asks one query, once. */
export class Reader extends Actor {
  readonly kind: string;
  readonly #query: Query;
  #floor: WriteCounts | undefined;
  /** What its process had in hand when it began, and the store had no more. */
  #gone: string | undefined;

  constructor(
    name: string,
    world: ProtocolWorld,
    readonly processName: string,
    query: QueryName,
    /** How often it asks, in one turn. */
    private readonly times: number,
  ) {
    super(name, world);
    this.kind = `${times} ${query} in ${processName}`;
    const { near, clears, databaseClock = false, expired = false } = world.scenario;
    const always = { clears: clears !== undefined, database: databaseClock };
    this.#query = queryNamed(query, always, expired, near && this.#keeping);
  }

  /** Before anybody writes. */
  async readBefore(): Promise<void> {
    const { readThrough } = this.world.process(this.processName);
    await readThrough.readMany(this.#query.batch, this.#loads);
    await readThrough.settled();
    this.forget();
  }

  protected async act(): Promise<void> {
    this.#gone = this.#goneMark();
    const floor = (this.#floor = { ...this.world.acknowledged });
    const read = () => Promise.all(Array.from({ length: this.times }, () => this.#read(floor)));
    const { leases, journal } = this.world.scenario;
    await (leases || journal ? this.world.gates.as(this.name, read) : read());
  }

  /** Its process ends: nobody hears of it again. */
  override faultSteps(): readonly Step[] {
    const { world, name, processName } = this;
    if (processName === 'p' || world.deaths === 0 || !world.gates.of(name).length) return [];
    const die = () => {
      world.deaths--;
      world.gates.abandon(name);
      this.leave();
    };
    return [{ label: `${processName} ends`, take: die }];
  }

  async #read(floor: WriteCounts): Promise<void> {
    const process = this.world.process(this.processName);
    const reading = process.readThrough.readMany(this.#query.batch, this.#loads);
    // What is shown without a question is shown by now.
    const { isLate } = process;
    process.isLate = false;
    const [seen] = await reading;
    if (isLate) return;
    for (const [cell, count] of Object.entries(seen!) as [Cell, number][]) {
      if (count >= floor[cell]) continue;
      this.world.violate(
        `STALE: ${this.name} began when write ${floor[cell]} of ${cell} was acknowledged, and got ${count}`,
      );
    }
  }

  get #loads(): Loads<Seen> {
    const { scenario } = this.world;
    const { limit } = this.world.process(this.processName);
    const load = async () => [await this.#load()];
    return { load, limit, ...(scenario.journal && { see: (...asked) => this.#look(...asked) }) };
  }

  protected own(): unknown {
    // Nothing is shown to who has gone.
    return this.isWaiting && [this.#floor, this.#gone];
  }

  get #keeping(): Keeping<Seen> {
    return {
      read: (payload) => ({ bytes: payload.length, seen: JSON.parse(payload) as Seen }) as ReadSeen,
      make: (reading) => {
        const { seen, mark } = reading as ReadSeen;
        if (mark !== undefined) this.#showsKept(mark);
        return { ...seen };
      },
    };
  }

  #showsKept(mark: string): void {
    this.world.happened.add('read near');
    if (mark !== this.#gone || this.world.process(this.processName).isLate) return;
    this.world.violate(`GONE: ${this.name} was shown what the store had no more when it began`);
  }

  #goneMark(): string | undefined {
    const { near } = this.world.process(this.processName);
    const { key } = this.#query.batch.requests[0]!;
    const mark = near.get(key)?.mark;
    return mark !== undefined && this.world.server.entries.get(key)?.startsWith(mark) ? undefined : mark;
  }

  async #load(): Promise<Loaded<Seen>> {
    const seen: Seen = {};
    const found: Found = {};
    const { world } = this;
    const { statements, loaded, footprints } = this.#query;
    for (const cells of statements) {
      const name = statements.length > 1 ? `load(${cells.join()})` : 'load';
      const work = () => ({
        counts: Object.fromEntries(cells.map((cell) => [cell, world.database[cell]])),
        rows: find(cells, world.tables),
      });
      const { counts, rows } = await this.database(name, [{ label: '', work }]);
      Object.assign(seen, counts);
      Object.assign(found, rows);
    }
    const payload = JSON.stringify(seen);
    const dependencies = loaded(seen);
    return dependencies
      ? { own: seen, payload, dependencies, footprints: footprints && (() => footprints(found)) }
      : { own: seen, payload, skipped: { reason: 'uncovered' } };
  }

  async #look(...[{ clock, key, rows }, columns]: Parameters<See>): ReturnType<See> {
    const { world } = this;
    const names = rows.map((row) => rowName(row, key)!);
    const work = () => rowsNamed(names, world.tables);
    const name = `look(${names.join()}: ${[...columns].join()})`;
    const found = await this.database(name, [{ label: '', work }]);
    world.happened.add('looked at a row');
    return heldBy(found, clock);
  }
}
