import { InvalidQueryError } from '../errors.js';
import { whatIs } from '../query/what-is.js';
import { checkOptions, type Help } from './check-options.js';
import type { Part } from './reads.js';

/** @publicApi */
export interface PageOptions {
  /** Which page, from 1 on. */
  readonly page: number;
  /** How many rows a page has, 1 or more. The last one may have fewer. */
  readonly size: number;
}

/** One page of a query set. @publicApi */
export interface Page<T> {
  /** The rows of this page: none beyond the last one. */
  readonly items: T[];
  /** How many rows there are on all pages. */
  readonly total: number;
  /** This page, from 1 on, as it was asked for. */
  readonly page: number;
  /** How many rows a page has, as it was asked for. */
  readonly size: number;
  /** How many pages there are: 0 where there is no row. */
  readonly pages: number;
}

/** Whoever adds an option has to name it here. */
const OPTIONS: Readonly<Record<keyof PageOptions, true>> = { page: true, size: true };

const SIZE = 'How many rows a page has is its size: { page: 1, size: 20 }.';

const HELP: Help = {
  example: '{ page: 1, size: 20 }',
  elsewhere: { take: SIZE, limit: SIZE, pagesize: SIZE, perpage: SIZE },
  otherwise: 'What else is asked is said of the set: all().filter({ title: ... }).page({ page: 1, size: 20 }).',
};

/** @throws {InvalidQueryError} for a page that there cannot be */
export function partOf(options: PageOptions): Part {
  checkOptions('page()', options, OPTIONS, HELP);
  const page = fromOne('page', options.page);
  const size = fromOne('size', options.size);
  const skip = (page - 1) * size;
  if (Number.isSafeInteger(skip)) return { skip, take: size };
  throw new InvalidQueryError(
    'QSCACHE_PAGE',
    `page({ page: ${page}, size: ${size} }) begins at a row no database can count to. Give a smaller page.`,
  );
}

/** @throws {InvalidQueryError} for a set that is a part already: whether the total is that of the part nobody could say */
export function checkWhole({ skip, take }: Partial<Part>): void {
  if (skip === undefined && take === undefined) return;
  throw new InvalidQueryError(
    'QSCACHE_PAGE',
    `page() of a set with ${take === undefined ? 'an offset' : 'a limit'} would be a part of a part. Leave limit() and offset() out: a page says both.`,
  );
}

export function pageOf<T>({ skip, take: size }: Part, items: T[], total: number): Page<T> {
  return { items, total, page: skip / size + 1, size, pages: Math.ceil(total / size) };
}

function fromOne(name: keyof PageOptions, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw new InvalidQueryError(
    'QSCACHE_PAGE',
    `page({ ${name}: ${typeof value === 'number' ? value : whatIs(value)} }) is no page: pages and their rows are counted from 1. Give whole numbers, 1 or more.`,
  );
}
