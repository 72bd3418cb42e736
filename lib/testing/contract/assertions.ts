import { deepStrictEqual, notStrictEqual, ok } from 'node:assert';
import { inspect, isDeepStrictEqual } from 'node:util';

/*
 * Each is told what is wrong with a store that does not pass, and why that matters: whoever wrote the store reads it, and not the contract.
 */

/** Characters of a value that are told; some texts are huge. */
const LONGEST = 300;

/** As plain data: what a store answers may be made of classes of its own. */
export function same<T>(actual: T, expected: T, why: string): void {
  const [is, shouldBe] = [plain(actual), plain(expected)];
  deepStrictEqual(is, shouldBe, `${why} It should be ${shown(shouldBe)} and is ${shown(is)}.`);
}

/** The properties that are named, whatever else there is. */
export function shows<T extends object>(actual: T | undefined, expected: Partial<T>, why: string): void {
  const names = Object.keys(expected) as (keyof T)[];
  same(Object.fromEntries(names.map((name) => [name, actual?.[name]])) as unknown, expected, why);
}

export function differs<T>(actual: T, other: T, why: string): void {
  notStrictEqual(actual, other, `${why} It is ${shown(actual)}.`);
}

export function above(actual: number, least: number, why: string): void {
  ok(actual > least, `${why} It should be above ${least} and is ${shown(actual)}.`);
}

/** From the first to the last one, both included. */
export function between(actual: number | undefined, first: number, last: number, why: string): void {
  const isBetween = actual !== undefined && actual >= first && actual <= last;
  ok(isBetween, `${why} It should be ${first} to ${last} and is ${shown(actual)}.`);
}

/** One of those that will do. */
export function among<T>(actual: T, allowed: readonly T[], why: string): void {
  const isAllowed = allowed.some((each) => isDeepStrictEqual(plain(each), plain(actual)));
  ok(isAllowed, `${why} It should be ${allowed.map(shown).join(' or ')} and is ${shown(actual)}.`);
}

/** In the order of the places, one of those that will do. */
export function oneOf<T>(actual: readonly T[], allowed: readonly (readonly T[])[], why: string): void {
  const isAllowed = actual.length === allowed.length && actual.every((each, i) => allowed[i]!.includes(each));
  const choices = allowed.map((each) => each.map(shown).join(' or ')).join(', ');
  ok(isAllowed, `${why} It should be [ ${choices} ] and is ${shown(actual)}.`);
}

function shown(value: unknown): string {
  const text = inspect(value, { depth: 5, breakLength: Infinity, maxStringLength: LONGEST });
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}
