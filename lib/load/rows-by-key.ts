import { type EntityMetadata, In, type ObjectLiteral } from 'typeorm';
import { primaryKeyQuery, rowName } from '../naming/identified-row.js';
import { isScalar, keyColumns } from '../naming/identifier.js';
import { rowKey } from '../naming/row-key.js';
import type { EntityQuery } from '../query/entity-query.js';
import { setValueAt } from '../query/property-path.js';
import type { Fetched } from './committed-loads.js';

/**
 * Values of one statement, whatever the database: older versions of SQLite bind 999, and it nests no more alternatives than 1,000;
 * Oracle lists 1,000; MariaDB makes a join of a list of 1,000. A statement may bind some of its own. More gain nothing.
 */
const VALUES_PER_QUERY = 900;

/** So few are asked for one by one: to tell them apart together would take as many queries. */
const FEW = 8;

type Filter = NonNullable<EntityQuery['where']>;

/** Where a key stands, and where it stands first. */
interface Place {
  readonly place: number;
  readonly first: number;
}

/**
 * Rows by primary key: which of those that come back is whose. A query for some hundreds of them, and some more for keys that only the
 * database can compare (`FOO` is `foo`). No two results share an instance.
 */
export class RowsByKey {
  constructor(
    private readonly metadata: EntityMetadata,
    private readonly query: (query: EntityQuery) => Promise<Fetched>,
    /** A row for whoever asks for its key once more; `undefined` where only another query can make it. */
    private readonly again: (row: ObjectLiteral) => ObjectLiteral | undefined,
  ) {}

  /** @param keys each a filter of `primaryKeyWhere`; a result for each of them, with one row or none */
  async find(keys: readonly ObjectLiteral[]): Promise<Fetched[]> {
    const results: Fetched[] = [];
    const size = Math.max(1, Math.floor(VALUES_PER_QUERY / this.metadata.primaryColumns.length));
    for (const round of this.#rounds(keys)) {
      const open = round.filter(({ place, first }) => {
        const found = first === place ? undefined : this.#onceMore(results[first]!);
        if (found) results[place] = found;
        return !found;
      });
      for (let from = 0; from < open.length; from += size) {
        const some = open.slice(from, from + size);
        const found = await this.#findSome(some.map(({ place }) => keys[place]!));
        for (const [i, { place }] of some.entries()) results[place] = found[i]!;
      }
    }
    return results;
  }

  /** The places of the keys: those that are asked for once more are in a round of their own, for another instance. */
  #rounds(keys: readonly ObjectLiteral[]): Place[][] {
    const rounds: Place[][] = [];
    const seen = new Map<string, { readonly first: number; times: number }>();
    for (const [place, key] of keys.entries()) {
      const name = this.#nameOf(key);
      let known = seen.get(name);
      if (!known) seen.set(name, (known = { first: place, times: 0 }));
      (rounds[known.times++] ??= []).push({ place, first: known.first });
    }
    return rounds;
  }

  #onceMore(found: Fetched): Fetched | undefined {
    const [row] = found.entities;
    if (!row) return found;
    const another = this.again(row);
    return another && resultOf(found, another);
  }

  async #findSome(keys: readonly ObjectLiteral[]): Promise<Fetched[]> {
    if (keys.length === 1) return [await this.query(primaryKeyQuery(this.metadata, keys[0]!))];
    const found = await this.#fetch(this.#anyOf(keys));
    const byName = new Map(found.entities.map((entity) => [this.#nameOf(entity), entity]));
    const own = keys.map((key) => byName.get(this.#nameOf(key)));
    const results = own.map((entity) => resultOf(found, entity));
    const open = [...keys.keys()].filter((place) => !own[place]);
    const areAllNamed = keys.length - open.length === found.entities.length;
    const isOpen = !areAllNamed || open.some((place) => this.#exactNameOf(keys[place]!) === undefined);
    if (!open.length || !found.entities.length || !isOpen) return results;
    const others = await this.#search(open.map((place) => keys[place]!));
    for (const [i, place] of open.entries()) results[place] = others[i]!;
    return results;
  }

  /**
   * Keys are numbered, and for each binary digit of the numbers those with a 0 and those with a 1 are asked for: a row that comes back
   * for one of the two every time belongs to the key whose number it spells. So hundreds take twenty queries. A row of several keys comes
   * back for both: these keys are parted and searched again.
   */
  async #search(keys: readonly ObjectLiteral[]): Promise<Fetched[]> {
    if (keys.length === 1) return [await this.query(primaryKeyQuery(this.metadata, keys[0]!))];
    const found = await this.#fetch(this.#anyOf(keys));
    if (!found.entities.length) return keys.map(() => resultOf(found));
    const results: Fetched[] = [];
    const searchFor = async (places: readonly number[]) => {
      const others = await this.#search(places.map((place) => keys[place]!));
      for (const [i, place] of places.entries()) results[place] = others[i]!;
    };
    if (keys.length <= FEW) {
      for (const place of keys.keys()) await searchFor([place]);
      return results;
    }
    const spelled = await this.#spell(keys, found.entities);
    for (const place of keys.keys()) results[place] = resultOf(found, spelled.get(place));
    if (spelled.size === found.entities.length) return results;
    const open = [...keys.keys()].filter((place) => !spelled.has(place));
    await searchFor(open.filter((_, i) => i % 2 === 0));
    await searchFor(open.filter((_, i) => i % 2 === 1));
    return results;
  }

  /** The rows by the number of their key, as far as they have one only. */
  async #spell(
    keys: readonly ObjectLiteral[],
    entities: readonly ObjectLiteral[],
  ): Promise<ReadonlyMap<number, ObjectLiteral>> {
    const numbers = new Map(entities.map((entity) => [this.#nameOf(entity), 0]));
    const undecided = new Set<string>();
    for (let digit = 1; digit < keys.length; digit *= 2) {
      const [without, having] = [new Set<string>(), new Set<string>()];
      for (const [names, isAsked] of [
        [without, 0],
        [having, digit],
      ] as const) {
        const some = keys.filter((_, i) => (i & digit) === isAsked);
        for (const entity of (await this.#fetch(this.#anyOf(some))).entities) names.add(this.#nameOf(entity));
      }
      for (const [name, number] of numbers) {
        if (having.has(name) === without.has(name)) undecided.add(name);
        else if (having.has(name)) numbers.set(name, number + digit);
      }
    }
    const spelled = new Map<number, ObjectLiteral>();
    for (const entity of entities) {
      const name = this.#nameOf(entity);
      if (name && !undecided.has(name)) spelled.set(numbers.get(name)!, entity);
    }
    return spelled;
  }

  #fetch(where: Filter): Promise<Fetched> {
    return this.query({ where });
  }

  /** A list where that says what the alternatives say: of numbers and texts together, MySQL's manual warns that it may not. */
  #anyOf(keys: readonly ObjectLiteral[]): Filter {
    const [first, ...more] = this.metadata.primaryColumns;
    const [column] = keyColumns(this.metadata);
    if (!first || !column || more.length || first.relationMetadata || keys.length === 1) return [...keys];
    const values = keys.map((key) => column.valueIn(key));
    const forms = values.map((value) => column.formOf(value));
    if (!forms.every((form) => isScalar(form) && typeof form === typeof forms[0])) return [...keys];
    const where: ObjectLiteral = {};
    setValueAt(where, column.path, In(values));
    return where;
  }

  #nameOf(row: ObjectLiteral): string {
    return this.#exactNameOf(row) ?? rowName(this.metadata, row) ?? '';
  }

  /** Where the database compares as we do. */
  #exactNameOf(row: ObjectLiteral): string | undefined {
    return rowKey(this.metadata)((column) => column.getEntityValue(row));
  }
}

function resultOf(found: Fetched, entity?: ObjectLiteral): Fetched {
  return { ...found, entities: entity ? [entity] : [] };
}
