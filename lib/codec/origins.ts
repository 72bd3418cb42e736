import type { Packed } from './values.js';

/** What TypeORM set a property to, and how that is written; without a cell it cannot be. */
export interface Origin {
  readonly value: unknown;
  readonly cell: Packed | undefined;
}

/** By property path. */
export type Origins = Map<string, Origin>;

const origins = new WeakMap<object, Origins>();
let loads = 0;

/**
 * Runs a load: entities that are filled meanwhile are remembered as long as they live. Those of others, too: to tell them apart costs
 * more, and a driver may lose the context that would.
 */
export async function rememberIn<T>(load: () => Promise<T>): Promise<T> {
  loads++;
  try {
    return await load();
  } finally {
    loads--;
  }
}

export function isLoading(): boolean {
  return loads > 0;
}

/** What was seen of an entity while it was filled; nothing of one that nobody saw. */
export function originsOf(entity: object): Origins | undefined {
  return origins.get(entity);
}

export function remember(entity: object, path: string, origin: Origin): void {
  const known = recall(entity);
  // A property set twice has run its setter twice: that is not written.
  known.set(path, known.has(path) ? { value: origin.value, cell: undefined } : origin);
}

/** Notes that the entity is being watched, even if nothing of it is worth noting. */
export function recall(entity: object): Origins {
  let known = origins.get(entity);
  if (!known) origins.set(entity, (known = new Map()));
  return known;
}
