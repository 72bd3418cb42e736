import { withoutNames } from './entry-names.js';

/** The same things in the same order, to compare collections by. */
export function sorted(things: Iterable<unknown>): string[] {
  const texts = Array.from(things, (thing) => JSON.stringify(thing));
  if (texts.length < 2) return texts;
  // The names of entries are made by chance.
  const orders = new Map(texts.map((text) => [text, withoutNames(text)]));
  return texts.sort((a, b) => (orders.get(a)! < orders.get(b)! ? -1 : 1));
}

/** For each of them, where it is among them when they are sorted. */
export function places(things: readonly unknown[]): number[] {
  const inOrder = sorted(things);
  return things.map((thing) => inOrder.indexOf(JSON.stringify(thing)));
}
