/** Characters of what one advance tells: more is not worth its room in a journal. */
const LONGEST = 4_000;

/**
 * What two writes have changed that are told in one advance, a line each; `undefined` where one of them has not told, or where it is too much: a
 * reader must not take a part for all of it.
 */
export function joinChanges(some: string | undefined, more: string | undefined): string | undefined {
  if (!some || !more) return undefined;
  const joined = `${some}\n${more}`;
  return joined.length <= LONGEST ? joined : undefined;
}
