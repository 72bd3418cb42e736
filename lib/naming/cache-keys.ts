import { checkSuffix } from '../query/check-query.js';
import { valueAt } from '../query/property-path.js';
import type { IdentifiedRow } from './identified-row.js';
import { type Identifier, identifierText, isScalar, type KeyColumn } from './identifier.js';
import { shortDigest, textKey } from './text-key.js';

/** The rows of a manager's own table of explicit clears. */
const LISTS = 'lists';
const DETAILS = 'details';

/** What stands before the keys of whoever they belong to: a namespace, then a scope. */
export function keyPrefix(owner: readonly (string | undefined)[]): string {
  return owner
    .filter((part) => part !== undefined)
    .map((part) => `${encodeURIComponent(part)}:`)
    .join('');
}

/** The only place that spells a key of an entry. */
export class CacheKeys {
  readonly #columns: readonly KeyColumn[];

  constructor(
    /** The manager's `cacheKey` behind its prefix. */
    private readonly base: string,
    /** The columns of the primary key; by its path alone, one of plain values. */
    columns: readonly (KeyColumn | string)[] = [],
    /** Namespace and scope. */
    private readonly prefix = '',
    /** Whose entries these are, where the key does not say: a namespace, a scope and a `cacheKey` may print the same. */
    readonly owner: readonly (string | undefined)[] = [],
  ) {
    this.#columns = columns.map((column) => (typeof column === 'string' ? plainColumn(column) : column));
  }

  /** @throws {InvalidQueryError} for a suffix that is no text */
  listKey(suffix?: string): string {
    checkSuffix(this.base, suffix);
    return suffix === undefined ? this.base : `${this.base}_${textKey(suffix)}`;
  }

  /** Of a list that nobody named: of a query of its own, by what the query says. */
  derivedListKey(query: string): string {
    return query ? this.listKey(`q-${shortDigest(query)}`) : this.listKey();
  }

  /** Of how many rows a list has. No suffix is spelled with `~` and so little behind it. */
  countKey(listKey: string): string {
    return `${listKey}~count`;
  }

  /** Of a part of a list that is named as a whole. */
  partKey(listKey: string, { skip, take }: { readonly skip: number; readonly take: number }): string {
    return `${listKey}~${skip}+${take}`;
  }

  /** @throws {InvalidIdentifierError} when the identifier cannot name a row */
  detailKey(identifier: Identifier): string {
    return this.detailKeyOf({ text: identifierText(identifier, this.#columns) });
  }

  detailKeyOf({ text }: Pick<IdentifiedRow, 'text'>): string {
    return `${this.base}_${textKey(text)}`;
  }

  /**
   * The key a plain text means, if it may be one of this manager's. A decorator is written before anybody knows the namespace, so it
   * may be left out.
   */
  named(text: string): string | undefined {
    return [text, this.prefix + text].find((key) => key === this.base || key.startsWith(`${this.base}_`));
  }

  /** The manager's explicit clears have a clock of their own, of the same shape as a database table's. */
  get clears(): string {
    return `clears:${this.base}`;
  }

  listDependency(key: string): { clock: string; rows: readonly string[] } {
    return { clock: this.clears, rows: [LISTS, this.entryRow(key)] };
  }

  detailDependency(key: string): { clock: string; rows: readonly string[] } {
    return { clock: this.clears, rows: [DETAILS, this.entryRow(key)] };
  }

  get listsRow(): string {
    return LISTS;
  }

  get detailsRow(): string {
    return DETAILS;
  }

  entryRow(key: string): string {
    // What all keys of the manager begin with says the clock.
    return `key:${key.slice(this.base.length)}`;
  }
}

function plainColumn(path: string): KeyColumn {
  return {
    path,
    valueIn: (identifier) => valueAt(identifier, path),
    isValue: isScalar,
    formOf: (value) => value,
    isUnordered: false,
    takesNumbersAsTexts: true,
  };
}
