import { nearestName, plainName } from './near-name.js';

/**
 * What to write instead of an option there is not, as an error ends; `undefined` where nothing like it is known.
 *
 * @param known the options there are
 * @param elsewhere what to do instead of giving others, by their plain names
 */
export function meantOption(
  name: string,
  known: readonly string[],
  elsewhere: Readonly<Record<string, string>> = {},
): string | undefined {
  const near = nearestName(name, known);
  const word = plainName(name);
  if (near?.distance !== 0 && Object.hasOwn(elsewhere, word)) return elsewhere[word];
  return near && `Did you mean ${near.name}?`;
}
