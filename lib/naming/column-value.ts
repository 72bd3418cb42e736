import type { DataSource, EntityMetadata } from 'typeorm';
import { dataSourceOf } from '../peers/typeorm.js';
import { isMysql, isPostgres } from './database-name.js';
import { EMBEDDED, exactText, integer, INTEGERS, uuid } from './exact-values.js';
import { foldedText, textLength } from './folded-texts.js';
import { isUnlike } from './stored-columns.js';
import { shortDigest } from './text-key.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/**
 * How values of a column are spelled, so that two spellings are the same just where the database would call the values equal. Of `folded` ones
 * that are the same it may call the values different.
 */
export interface ColumnSpelling {
  readonly kind: 'integer' | 'uuid' | 'text' | 'digest' | 'boolean' | 'enum' | 'folded';
  /** `undefined` for a value we cannot speak for. */
  read(value: unknown): string | undefined;
}

/**
 * What a column holds, as a text: its kind and how it reads, `i:5`, or `null` for NULL. Two of one kind are equal as texts if and only if the
 * database calls them equal, but for `f:`, whose equal texts it may tell apart; of two kinds nobody knows.
 */
export type ColumnValue = string | null;

/** What is not NULL, of a kind of its own: more is not known of it. */
export const SOMETHING = '?:';

/** What MySQL makes of a larger number when it is not strict: the largest one there is. */
const LARGEST: Readonly<Record<string, number>> = { tinyint: 127, smallint: 32_767, mediumint: 8_388_607 };

const spellings = new WeakMap<ColumnMetadata, { readonly spelling: ColumnSpelling | undefined }>();

/** `undefined` for a column we cannot speak for: the database may compare its values differently (case, accents, trailing spaces, rounding). */
export function columnSpelling(column: ColumnMetadata): ColumnSpelling | undefined {
  if (isUnlike(column)) return undefined;
  const spelling = declaredSpelling(column);
  // Of its collation it may be known today and not tomorrow.
  return spelling?.kind === 'folded' && textLength(column) === undefined ? undefined : spelling;
}

/** By what its entity says. */
export function declaredSpelling(column: ColumnMetadata): ColumnSpelling | undefined {
  let known = spellings.get(column);
  if (!known) spellings.set(column, (known = { spelling: spellingOf(dataSourceOf(column.entityMetadata), column) }));
  return known.spelling;
}

const hidden = new WeakSet<ColumnMetadata>();

/** From now on nothing is said of what the column holds. */
export function hideColumn(column: ColumnMetadata): void {
  hidden.add(column);
}

/**
 * A value on its way to or from the database; `undefined` for one we cannot speak for, or are not to: what nobody is shown unasked, or is in
 * no entry, must not be in a journal either.
 */
export function columnValue(column: ColumnMetadata, value: unknown): ColumnValue | undefined {
  if (!column.isSelect || hidden.has(column)) return undefined;
  if (value === null) return null;
  const spelling = columnSpelling(column);
  const text = spelling?.read(value);
  return text === undefined ? undefined : `${spelling!.kind[0]}:${text}`;
}

/** As `columnValue`, of a value that was read. `undefined` for one that the driver has made of several: of any number but 0, for a boolean, `true`. */
export function loadedValue(column: ColumnMetadata, value: unknown): ColumnValue | undefined {
  return value === true && !isPostgres(dataSourceOf(column.entityMetadata)) ? undefined : columnValue(column, value);
}

/** How a column's name is compared: PostgreSQL's texts have been folded already, and `id` and `"ID"` are two columns there. */
export function columnName(dataSource: DataSource, name: string): string {
  return isPostgres(dataSource) ? name : name.toLowerCase();
}

function spellingOf(dataSource: DataSource, column: ColumnMetadata): ColumnSpelling | undefined {
  // A foreign key has the type of what it refers to.
  const keyed = column.referencedColumn ?? column;
  if (keyed.transformer || column.transformer || column.isArray || isMadeText(keyed)) return undefined;
  const type = dataSource.driver.normalizeType(keyed);
  const family = dataSource.options.type;
  if (isMysql(dataSource) && /^(varchar|char|(tiny|medium|long)?text)$/.test(type)) return spellingOfFolded(column);
  if (column.collation || keyed.collation) return undefined;
  if (isMysql(dataSource)) return spellingOfMysql(type, family, keyed);
  if (INTEGERS.test(type)) return { kind: 'integer', read: integer };
  if (family === 'postgres') {
    if (type === 'uuid') return { kind: 'uuid', read: uuid };
    if (/^bool(ean)?$/.test(type)) return { kind: 'boolean', read: boolean };
    // Its deterministic collations compare bytes.
    return /^(character varying|varchar|text|enum|simple-enum)$/.test(type) ? spellingOfTexts(column) : undefined;
  }
  if (!EMBEDDED.test(family)) return undefined;
  if (type === 'boolean') return { kind: 'boolean', read: bit };
  // As BINARY does.
  return /^(varchar|text|simple-enum)$/.test(type) ? spellingOfTexts(column) : undefined;
}

/** Rows are called by their keys, so those stand in a store already. Of other texts it has no more than what tells them apart. */
function spellingOfTexts({ isPrimary }: ColumnMetadata): ColumnSpelling {
  if (isPrimary) return { kind: 'text', read: text };
  const read = (value: unknown) => {
    const exact = exactText(value);
    return exact === undefined ? undefined : shortDigest(`column\n${exact}`);
  };
  return { kind: 'digest', read };
}

/** TypeORM stores it as a text and hands out something else, which may be another text. */
function isMadeText({ type }: ColumnMetadata): boolean {
  return type === 'simple-json' || type === 'simple-array';
}

/** Whatever its collation makes of case. */
function spellingOfFolded(column: ColumnMetadata): ColumnSpelling {
  const read = (value: unknown) => {
    const longest = textLength(column);
    const folded = longest === undefined ? undefined : foldedText(value, longest);
    return folded === undefined ? undefined : shortDigest(`column\n${folded}`);
  };
  return { kind: 'folded', read };
}

/** Without its texts, but for those that are declared. */
function spellingOfMysql(type: string, family: string, column: ColumnMetadata): ColumnSpelling | undefined {
  if (type === 'uuid' && family === 'mariadb') return { kind: 'uuid', read: uuid };
  if (INTEGERS.test(type)) {
    const most = LARGEST[type] ?? (type.startsWith('big') ? Number.MAX_SAFE_INTEGER : 2_147_483_647);
    const read = (value: unknown) => {
      const spelled = typeof value === 'boolean' ? bit(value) : integer(value);
      return spelled !== undefined && isWithin(Number(spelled), most, column.unsigned) ? spelled : undefined;
    };
    return { kind: 'integer', read };
  }
  const declared = type === 'enum' || type === 'simple-enum' ? column.enum?.map(String) : undefined;
  if (!declared || new Set(declared.map((value) => value.toLowerCase())).size !== declared.length) return undefined;
  return { kind: 'enum', read: (value) => declared.find((each) => each === value) };
}

function isWithin(value: number, most: number, isUnsigned = false): boolean {
  return isUnsigned ? value >= 0 && value <= most : Math.abs(value) <= most;
}

/** Longer ones are in no journal. */
const LONGEST_TEXT = 100;

function text(value: unknown): string | undefined {
  const read = exactText(value);
  return read !== undefined && read.length <= LONGEST_TEXT ? read : undefined;
}

function boolean(value: unknown): string | undefined {
  return typeof value === 'boolean' ? String(Number(value)) : undefined;
}

function bit(value: unknown): string | undefined {
  if (typeof value === 'boolean') return String(Number(value));
  const spelled = integer(value);
  return spelled === '0' || spelled === '1' ? spelled : undefined;
}
