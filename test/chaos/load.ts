import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { now } from '../soak/now.js';
import type { Random } from '../soak/random.js';
import type { Candidate, ItemShown } from './candidates/candidate.js';
import { Item, itemIds, shelfOf, writerOf } from './entities.js';
import type { Engagement, ReadRecord, WriteRecord, Written } from './messages.js';

// Between two requests of one loop, in milliseconds: the machine must have time left, or what is measured is its queue.
const READ_PAUSE_MS = 12;
const WRITE_PAUSE_MS = 80;

/** How long a write may take that stands before a fault, in milliseconds. */
const SETTLING_PATIENCE_MS = 1000;

const READERS = 2;
const SHARE_OF_LISTS = 0.2;

type Asked = ReadRecord['asked'];
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a process does all the time: reads through the cache, the same reads without one, and writes of its own rows. */
export class Load {
  readonly reads: ReadRecord[] = [];
  readonly baseline: ReadRecord[] = [];
  readonly writes: WriteRecord[] = [];
  written: Written = 'none';
  #stopped = false;
  readonly #running: Promise<void>[] = [];

  constructor(
    private readonly candidate: Candidate,
    private readonly manager: EntityManager,
    private readonly random: Random,
    private readonly engagement: Engagement,
    /** Above all versions there are. */
    private version: number,
  ) {}

  start(): void {
    for (let i = 0; i < READERS; i++) this.#running.push(this.#read(this.reads, (asked) => this.#cached(asked)));
    this.#running.push(
      this.#read(this.baseline, (asked) => this.#uncached(asked)),
      this.#write(),
    );
  }

  /** Resolves when no write is under way any more, or after a while. */
  async settled(): Promise<void> {
    const late = now() + SETTLING_PATIENCE_MS;
    while (this.writes.at(-1)?.ended === Infinity && now() < late) await sleep(5);
  }

  /** Begins nothing any more. */
  stop(): void {
    this.#stopped = true;
  }

  /** Whether all that had begun ended within that time. What did not stays without an end in the record. */
  async ended(patienceMs: number): Promise<boolean> {
    const late = sleep(patienceMs).then(() => false);
    return Promise.race([Promise.all(this.#running).then(() => true), late]);
  }

  async #read(log: ReadRecord[], read: (asked: Asked) => Promise<readonly ItemShown[]>): Promise<void> {
    while (!this.#stopped) {
      const asked = this.#question();
      const record: Mutable<ReadRecord> = { begun: now(), ended: Infinity, asked };
      log.push(record);
      try {
        const items = await read(asked);
        record.ended = now();
        record.shown = items.map(({ id, version }) => [id, version] as const);
      } catch (error) {
        record.ended = now();
        record.error = String(error);
      }
      await sleep(READ_PAUSE_MS);
    }
  }

  async #write(): Promise<void> {
    const { worker, workers } = this.engagement;
    const own = itemIds.filter((id) => writerOf(id, workers) === worker);
    const half = own.length / 2;
    const rows = { all: own, 'one half': own.slice(0, half), 'other half': own.slice(half), none: [] };
    while (!this.#stopped) {
      await sleep(this.random.between(WRITE_PAUSE_MS / 2, WRITE_PAUSE_MS * 1.5));
      if (this.written === 'none' || this.#stopped) continue;
      const [id, version] = [this.random.pick(rows[this.written]), ++this.version];
      const record: Mutable<WriteRecord> = {
        id,
        version,
        begun: now(),
        ended: Infinity,
        acknowledged: false,
      };
      this.writes.push(record);
      try {
        await this.manager.update(Item, id, { version });
        await this.candidate.forget(id);
        record.acknowledged = true;
      } catch (error) {
        record.error = String(error);
      }
      record.ended = now();
    }
  }

  #question(): Asked {
    const id = this.random.pick(itemIds);
    return this.random.chance(SHARE_OF_LISTS) ? { shelf: shelfOf(id) } : { id };
  }

  async #cached(asked: Asked): Promise<readonly ItemShown[]> {
    return 'shelf' in asked ? this.candidate.list(asked.shelf) : listOf(await this.candidate.get(asked.id));
  }

  async #uncached(asked: Asked): Promise<readonly ItemShown[]> {
    if ('shelf' in asked) return this.manager.findBy(Item, { shelf: asked.shelf });
    return listOf(await this.manager.findOneBy(Item, { id: asked.id }));
  }
}

const listOf = (item: ItemShown | null): ItemShown[] => (item ? [item] : []);
