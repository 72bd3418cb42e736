import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { CacheEvent } from '../../lib/index.js';
import { align } from './align.js';
import type { Application, Manager } from './application.js';
import { differenceOf } from './difference.js';
import type { ManagerShape } from './entity-set.js';
import { lazyDifference } from './lazy-relations.js';
import { findAll, type Read, readsOf } from './reads.js';
import { savingDifference } from './saving.js';
import { sharedPlaces } from './sharing.js';
import type { Tally } from './tally.js';
import { visibleDifference } from './views.js';

/** A first load may meet tables nobody told of; the next one knows them. */
const LOADS = 3;

/** A fill that takes longer than this on a busy machine is none. */
const FILL_MS = 5_000;

/**
 * Reads a manager in every way, as a miss and as a hit, and compares with `find`.
 *
 * @param thorough what can be done to a copy is tried as well. With one store that is enough: to the others an entry is the same text
 */
export async function examine(
  application: Application,
  shape: ManagerShape,
  number: number,
  tally: Tally,
  thorough: boolean,
): Promise<void> {
  const manager = application.managers[number]!;
  let skipped = 0;
  for (const read of await readsOf(application.dataSource, shape)) {
    const where = `${nameOf(application, shape)} ${read.name}`;
    try {
      const examination = new Examination(application, shape, manager, read, thorough);
      if (!(await examination.run(tally, where))) skipped++;
    } catch (error) {
      tally.fail(where, `failed: ${(error as Error).message}`);
    }
  }
  if (shape.uncached && !skipped) {
    tally.fail(nameOf(application, shape), `is declared uncached (${shape.uncached.why}), and all of it was cached`);
  }
}

function nameOf({ dataSource }: Application, { model, joined, prefetched }: ManagerShape): string {
  const relations = [
    ...(joined ?? []).map((path) => `join ${path}`),
    ...(prefetched ?? []).map((path) => `prefetch ${path}`),
  ];
  return `${dataSource.getMetadata(model as never).name}${relations.length ? ` (${relations.join(', ')})` : ''}`;
}

class Examination {
  readonly #metadata: EntityMetadata;
  #moved = false;

  constructor(
    private readonly application: Application,
    private readonly shape: ManagerShape,
    private readonly manager: Manager,
    private readonly read: Read,
    private readonly thorough: boolean,
  ) {
    this.#metadata = application.dataSource.getMetadata(shape.model as never);
  }

  /** @returns whether it was cached */
  async run(tally: Tally, where: string): Promise<boolean> {
    const expected = await this.#find();
    await this.manager.clearCache();
    const { result: missed, events } = await this.#load();
    this.#check(missed, expected, tally, `${where}, missed`);
    const skipped = events.find((event) => event.name === 'entry:skipped');
    if (skipped) {
      if (skipped.reason !== this.shape.uncached?.reason) {
        tally.fail(where, `is not cached: ${skipped.reason}, ${skipped.detail ?? 'without detail'}`);
      }
      tally.skip(skipped.reason);
      return false;
    }
    const hit = await this.#hit(tally, where);
    if (!hit) return true;
    this.#check(hit, expected, tally, `${where}, hit`);
    if (this.thorough) await this.#use(hit, expected, tally, where);
    if (this.#moved) tally.reordered++;
    return true;
  }

  /** Whatever is done to one copy, the next one must not show it. */
  async #use(hit: ObjectLiteral[], expected: ObjectLiteral[], tally: Tally, where: string): Promise<void> {
    await this.#compareStrategies(expected, tally, where);
    const again = await this.#find();
    const shared = sharedPlaces(expected, again);
    const lazy = await lazyDifference(this.application, this.#metadata, hit, expected);
    if (lazy) tally.fail(`${where}, hit`, lazy);
    const other = await this.#hit(tally, where);
    if (!other) return;
    this.#check(other, again, tally, `${where}, hit again`);
    const places = differenceOf(sharedPlaces(hit, other), shared);
    if (places) tally.fail(where, `two hits share other objects than two finds do: ${places}`);
    if (!this.read.saved) return;
    const saving = await savingDifference(this.application, this.shape, other, again);
    if (saving) tally.fail(where, saving);
  }

  #find(strategy?: 'join' | 'query'): Promise<ObjectLiteral[]> {
    return findAll(this.application.dataSource, this.shape, this.read.find, strategy);
  }

  async #load(): Promise<{ result: ObjectLiteral[]; events: CacheEvent[] }> {
    for (let load = 1; ; load++) {
      const { result, events } = await this.#read(true);
      const uncovered = events.some((event) => event.name === 'entry:skipped' && event.reason === 'uncovered');
      if (!uncovered || load === LOADS) return { result, events };
    }
  }

  /** A read that costs no statement and says that it was a hit; anything else proves nothing. */
  async #hit(tally: Tally, where: string): Promise<ObjectLiteral[] | undefined> {
    const { result, statements, events } = await this.#read();
    const hits = events.filter(({ name }) => name === 'entry:hit').length;
    if (!statements.length && hits === this.read.entries) return result;
    const said = events.map((event) => [event.name, 'reason' in event && event.reason].filter(Boolean).join(' '));
    tally.fail(where, `is no hit: ${statements.length} statements, ${said.join(', ') || 'no event'}`);
    return undefined;
  }

  async #read(filling = false) {
    const { events, log } = this.application;
    events.length = 0;
    const { result, statements } = await log.during(() => this.read.through(this.manager));
    if (filling) await filled(events, this.read.entries);
    return { result, statements, events: [...events] };
  }

  #check(actual: ObjectLiteral[], expected: ObjectLiteral[], tally: Tally, where: string): void {
    tally.compared++;
    let difference = visibleDifference(actual, expected);
    if (difference && this.#align(actual, expected)) {
      this.#moved = true;
      difference = visibleDifference(actual, expected);
    }
    if (!difference) return;
    tally.unequal++;
    tally.fail(where, difference);
  }

  #align(actual: ObjectLiteral[], expected: ObjectLiteral[]): boolean {
    return align(this.application.dataSource, this.#metadata, actual, expected, !this.read.ordered);
  }

  /** TypeORM can load relations by separate statements too. What it does by default is the reference; that it disagrees is told. */
  async #compareStrategies(expected: ObjectLiteral[], tally: Tally, where: string): Promise<void> {
    if (!this.shape.prefetched?.length || !this.read.saved) return;
    let what: string | undefined;
    try {
      const query = await this.#find('query');
      this.#align(query, expected);
      what = differenceOf(query, expected);
    } catch (error) {
      what = `fails: ${(error as Error).message}`;
    }
    if (what) tally.disagreements.push({ where, what });
  }
}

/** A fill may go on behind the read that began it. */
async function filled(events: readonly CacheEvent[], entries: number): Promise<void> {
  const deadline = performance.now() + FILL_MS;
  const ends = () => events.filter(({ name }) => /^(entry:(filled|skipped)|store:failed)$/.test(name)).length;
  while (ends() < entries && performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
}
