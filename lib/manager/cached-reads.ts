import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Dependency } from '../cache/dependency.js';
import type { Batch, Loaded, Loads, ReadRequest } from '../cache/read-request.js';
import { entityCodec } from '../codec/entity-codec.js';
import { CorruptPayloadError } from '../codec/payload-errors.js';
import type { Reading } from '../codec/reading.js';
import type { Fetched } from '../load/committed-loads.js';
import { whileMaking, whileTelling } from '../load/read-context.js';
import { RowsByKey } from '../load/rows-by-key.js';
import { canShare, keepToOneself, share } from '../load/share.js';
import type { CacheKeys } from '../naming/cache-keys.js';
import { checkIdentifiers, type IdentifiedRow, identifyRow, ownIdentifier } from '../naming/identified-row.js';
import type { Identifier } from '../naming/identifier.js';
import { pinsOneRow } from '../naming/pinned-row.js';
import { canonicalText } from '../query/canonical-query.js';
import type { EntityQuery } from '../query/entity-query.js';
import { batchOf, Fingerprints, namesOf, readBatch } from './cached-batch.js';
import { CachedCounts } from './cached-counts.js';
import type { DatabaseReads } from './database-reads.js';
import type { CachedParts, EntityPlan } from './entry-plan.js';
import type { Part, Reads } from './reads.js';

/** A row by its primary key, and what its entry depends on for sure. */
interface SpelledRow extends IdentifiedRow {
  readonly key: string;
  /** Of the time it was spelled: a manager that boots later may keep a property out of it. */
  readonly shapeHash: string;
  readonly fingerprint: string;
  readonly clears: Dependency;
  readonly known: readonly Dependency[];
  /** What it was asked for with last, by itself. */
  batch?: Batch<ObjectLiteral[]>;
}

/** Rows of a manager remembered at once; three or four kilobytes each, with what they are asked for with. */
const REMEMBERED = 2_000;

/** Characters of a text that is remembered. */
const LONGEST_REMEMBERED = 100;

/** Reads that the cache answers where it can. Every result is a list; a detail is a list of at most one. */
export class CachedReads implements Reads {
  readonly name: string;
  readonly metadata: EntityMetadata;
  readonly #recent = new Map<Identifier, SpelledRow>();
  #rowClocks: { readonly tables: readonly string[]; readonly clocks: readonly string[] } | undefined;
  readonly #listFingerprints: Fingerprints;
  readonly #detailFingerprints: Fingerprints;
  readonly #counts: CachedCounts;

  constructor(
    private readonly parts: CachedParts,
    private readonly keys: CacheKeys,
    /** What is never cached. */
    private readonly database: DatabaseReads,
  ) {
    this.name = parts.name;
    this.metadata = parts.metadata;
    this.#listFingerprints = new Fingerprints(parts, parts.lists, keys.owner);
    this.#detailFingerprints = new Fingerprints(parts, parts.details, keys.owner);
    this.#counts = new CachedCounts(parts, keys);
  }

  async list(suffix: string | undefined, query: EntityQuery): Promise<ObjectLiteral[]> {
    // TypeORM takes 0 for "no limit".
    if (query.take === 0) return [];
    return this.#list(suffix, query, (listKey) => listKey);
  }

  total(suffix: string | undefined, query: EntityQuery): Promise<number> {
    return this.#counts.of(suffix, query);
  }

  /** Asked for in one turn: one question to the store. What it lacks of the two is loaded on a connection each. */
  async page(suffix: string | undefined, query: EntityQuery, part: Part): Promise<[ObjectLiteral[], number]> {
    // Of a list without a name a part is named by what it asks for, as any other query.
    const keyOf = (listKey: string) => (suffix === undefined ? listKey : this.keys.partKey(listKey, part));
    return Promise.all([this.#list(suffix, { ...query, ...part }, keyOf), this.total(suffix, query)]);
  }

  /** @param keyOf the entry's key, by that of the list with whose suffix it is cleared */
  async #list(
    suffix: string | undefined,
    query: EntityQuery,
    keyOf: (listKey: string) => string,
  ): Promise<ObjectLiteral[]> {
    const plan = this.parts.lists;
    const spell = () => canonicalText(this.metadata, query);
    const text = spell();
    const listKey = suffix === undefined ? this.keys.derivedListKey(text) : this.keys.listKey(suffix);
    const key = keyOf(listKey);
    const clears = this.keys.listDependency(listKey);
    const dependencies = [...plan.dependencies.ofTables(query), clears];
    const batch = batchOf(dependencies, this.#request(plan, key, this.#listFingerprints.of(key, text), [clears]));
    const [found] = await this.#read(batch, async () => {
      const fetched = await this.#fetch(query, plan, batch);
      if (spell() !== text) return [keepToOneself(fetched.entities, fetched)];
      return [share(this.metadata, fetched, dependencies, footprintsOf(plan, query, fetched))];
    });
    return found!;
  }

  /** That there is no row is cached only where the manager says for how long: else the next one to ask asks the database. */
  async get(identifier: Identifier, where?: EntityQuery['where']): Promise<ObjectLiteral | null> {
    if (where !== undefined) return this.#find(this.keys.detailKey(ownIdentifier(this, identifier)), where);
    const row = this.#spell(identifier);
    const batch = this.#batchOf(row);
    const [[entity] = []] = await this.#read(batch, () => this.#loadRows([row], batch));
    return entity ?? null;
  }

  async getMany(identifiers: readonly Identifier[]): Promise<(ObjectLiteral | null)[]> {
    checkIdentifiers(this, identifiers);
    return this.#many(identifiers.map((identifier) => this.#spell(identifier)));
  }

  load(query: EntityQuery): Promise<ObjectLiteral[]> {
    return this.database.load(query);
  }

  count(query: EntityQuery): Promise<number> {
    return this.database.count(query);
  }

  exists(query: EntityQuery): Promise<boolean> {
    return this.database.exists(query);
  }

  queryBuilder(query: EntityQuery, alias?: string): ReturnType<Reads['queryBuilder']> {
    return this.database.queryBuilder(query, alias);
  }

  /** A row by a filter of its own. */
  async #find(key: string, where: EntityQuery['where']): Promise<ObjectLiteral | null> {
    const plan = this.parts.details;
    const query: EntityQuery = where === undefined ? {} : { where };
    const pinned = pinsOneRow(this.metadata, where);
    const spell = () => canonicalText(this.metadata, query);
    const text = spell();
    const clears = this.keys.detailDependency(key);
    const tables = [...plan.dependencies.ofTables(query), clears];
    const batch = batchOf(tables, this.#request(plan, key, this.#detailFingerprints.of(key, text), [clears]));
    const [found] = await this.#read(batch, async () => {
      // Without a unique key any matching row will do: the first, as in TypeORM's findOne.
      const asked = pinned ? query : { ...query, take: 1 };
      const fetched = await this.#fetch(asked, plan, batch);
      if (spell() !== text) return [keepToOneself(fetched.entities, fetched)];
      const [root] = fetched.entities;
      const footprints = footprintsOf(plan, asked, fetched);
      if (!root) return [this.#shareNoRow(plan, fetched, tables, footprints)];
      const known = pinned ? [...plan.dependencies.ofRow(query, root), clears] : tables;
      return [share(this.metadata, fetched, known, footprints)];
    });
    return found![0] ?? null;
  }

  /** Rows by primary key, in the order asked: one round trip to the store, one query for all that it lacks. */
  async #many(rows: readonly SpelledRow[]): Promise<(ObjectLiteral | null)[]> {
    const plan = this.parts.details;
    const making = this.#making(
      plan,
      rows.map(({ key }) => key),
    );
    const asked = new Map(
      rows.map((row) => [this.#request(plan, row.key, row.fingerprint, row.known, making), row] as const),
    );
    const batch: Batch<ObjectLiteral[]> = { clocks: this.#clocksOfRows(), requests: [...asked.keys()] };
    const found = await this.#read(batch, (missing) =>
      this.#loadRows(
        missing.map((request) => asked.get(request)!),
        batch,
      ),
    );
    return found.map(([entity]) => entity ?? null);
  }

  async #loadRows(
    wanted: readonly SpelledRow[],
    batch: Batch<ObjectLiteral[]>,
  ): Promise<readonly Loaded<ObjectLiteral[]>[]> {
    const plan = this.parts.details;
    const fetch = (query: EntityQuery) => this.#fetch(query, plan, batch);
    // Everybody decodes a copy.
    const again = (row: ObjectLiteral) => (canShare(this.metadata, row) ? row : undefined);
    const fetched = await new RowsByKey(this.metadata, fetch, again).find(wanted.map(({ where }) => where));
    return fetched.map((each, i) => {
      const { clears, isChanged, where } = wanted[i]!;
      const [root] = each.entities;
      if (isChanged()) return keepToOneself(each.entities, each);
      const footprints = footprintsOf(plan, { where }, each);
      if (!root) return this.#shareNoRow(plan, each, [...plan.dependencies.ofTables({}), clears], footprints);
      return share(this.metadata, each, [...plan.dependencies.ofRow({}, root), clears], footprints);
    });
  }

  /** The same list until a load is seen to read another table: what is asked with it is remembered by it. */
  #clocksOfRows(): readonly string[] {
    const tables = this.parts.details.dependencies.clocks({});
    if (this.#rowClocks?.tables !== tables) this.#rowClocks = { tables, clocks: [...tables, this.keys.clears] };
    return this.#rowClocks.clocks;
  }

  /** What one row is asked for with, the same each time. */
  #batchOf(row: SpelledRow): Batch<ObjectLiteral[]> {
    const clocks = this.#clocksOfRows();
    if (row.batch?.clocks !== clocks) {
      row.batch = { clocks, requests: [this.#request(this.parts.details, row.key, row.fingerprint, row.known)] };
    }
    return row.batch;
  }

  /**
   * No row yet: an insert may bring it, or an update, or a row of another table that a join lacked, and nobody can name it before it is
   * there. So it depends on whole tables.
   */
  #shareNoRow(
    { noRowMs }: EntityPlan,
    fetched: Fetched,
    tables: readonly Dependency[],
    footprints: Loaded<ObjectLiteral[]>['footprints'],
  ): Loaded<ObjectLiteral[]> {
    const shared = share(this.metadata, fetched, noRowMs > 0 ? tables : undefined, footprints);
    return noRowMs > 0 ? { ...shared, lifetimeMs: noRowMs } : shared;
  }

  /** Of keys that are plain values what was spelled is remembered: it is the same for every read. */
  #spell(identifier: Identifier): SpelledRow {
    const known = this.#recent.get(identifier);
    if (known?.shapeHash === this.#shapeHash) return known;
    const spelled = this.#spelled(identifyRow(this, identifier));
    if (isConstant(identifier) && !isTransformed(this.metadata)) {
      if (this.#recent.size >= REMEMBERED) this.#recent.delete(this.#recent.keys().next().value!);
      this.#recent.set(identifier, spelled);
    }
    return spelled;
  }

  #spelled(row: IdentifiedRow): SpelledRow {
    const key = this.keys.detailKeyOf(row);
    const clears = this.keys.detailDependency(key);
    const plan = this.parts.details;
    const fingerprint = this.#detailFingerprints.of(key, row.kinds);
    return {
      ...row,
      key,
      shapeHash: this.#shapeHash,
      fingerprint,
      clears,
      known: [...plan.dependencies.ofIdentified(row), clears],
    };
  }

  /** Listeners run last, on the caller's own copies: what they read may be what was just read. */
  async #read(batch: Batch<ObjectLiteral[]>, load: Loads<ObjectLiteral[]>['load']): Promise<ObjectLiteral[][]> {
    const { listeners } = this.parts;
    const found = await readBatch(this.parts, batch, load);
    if (listeners.areThere) await whileTelling(namesOf(batch), () => listeners.tell(found.flat()));
    return found;
  }

  /** The as-of was taken of the batch's clocks: whatever else the load turns out to read is not covered by it. */
  #fetch(query: EntityQuery, { prefetch }: EntityPlan, batch: Batch<ObjectLiteral[]>): Promise<Fetched> {
    return this.parts.loads.fetch(query, prefetch, batch.clocks, namesOf(batch));
  }

  get #shapeHash(): string {
    return entityCodec(this.metadata).shapeHash;
  }

  #request(
    plan: EntityPlan,
    key: string,
    fingerprint: string,
    rows: readonly Dependency[],
    making = this.#making(plan, [key]),
  ): ReadRequest<ObjectLiteral[]> {
    const { kind, lifetimeMs, leeway } = plan;
    const { decode, keeping } = making;
    return { key, kind, fingerprint, rows, lifetimeMs, leeway, decode, keeping };
  }

  /**
   * How entities are made of what is stored: the same for all that is read together.
   *
   * @param names of all that is read together
   */
  #making(plan: EntityPlan, names: readonly string[]): Pick<ReadRequest<ObjectLiteral[]>, 'decode' | 'keeping'> {
    const { kind, noRowMs, nearCache, shared } = plan;
    // A forged one would be a 404: where nobody asked for such entries there is none.
    const needsRow = kind === 'detail' && !noRowMs;
    const made = (make: () => ObjectLiteral[], isStored: boolean) => {
      const entities = whileMaking(names, make);
      if (isStored && needsRow && !entities.length) throw new CorruptPayloadError(NO_ROW);
      return entities;
    };
    const read = (payload: string) => entityCodec(this.metadata).reading(payload);
    const make = (reading: Reading) =>
      // Listeners write to what they are told of.
      shared && !this.parts.listeners.areThere ? (reading.shared() as ObjectLiteral[]) : reading.entities();
    return {
      decode: (payload, isStored) =>
        made(() => (shared ? make(read(payload)) : entityCodec(this.metadata).decode(payload)), isStored),
      keeping: nearCache
        ? { read, make: (reading, isStored) => made(() => make(reading as Reading), isStored) }
        : undefined,
    };
  }
}

/** Worked out when it is stored. Nobody else has the entities: they are handed out as copies. */
function footprintsOf(
  { footprints }: EntityPlan,
  query: EntityQuery,
  fetched: Fetched,
): Loaded<ObjectLiteral[]>['footprints'] {
  return () => footprints.of(query, fetched);
}

function isConstant(identifier: Identifier): boolean {
  if (typeof identifier === 'string') return identifier.length <= LONGEST_REMEMBERED;
  return typeof identifier === 'number' || typeof identifier === 'bigint';
}

/** A transformer may say another thing each time. */
function isTransformed({ primaryColumns }: EntityMetadata): boolean {
  return primaryColumns.some(({ transformer, referencedColumn }) => transformer ?? referencedColumn?.transformer);
}

const NO_ROW =
  'The payload of a detail has no row, and this manager stores none (its notFoundTimeout is 0), so another release of the application wrote it, or somebody else; it is loaded again.';
