/** The same things in the same order, to compare collections by. */
export function sorted(things: Iterable<unknown>): string[] {
  return [...things].map((thing) => JSON.stringify(thing)).sort();
}
