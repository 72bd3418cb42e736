/**
 * All that the advances from one count to another one have told; `undefined` where the list is anything but that: one has told nothing, it was
 * cut, or somebody else has written it.
 */
export function changesSince(since: number, now: number, list: unknown): readonly string[] | undefined {
  if (!isCount(since) || since > now) return undefined;
  if (since === now) return [];
  if (!Array.isArray(list) || list.length !== now - since) return undefined;
  const changes: string[] = [];
  for (const [i, element] of list.entries()) {
    const count = `${since + 1 + i} `;
    if (typeof element !== 'string' || !element.startsWith(count) || element.length === count.length) return undefined;
    changes.push(element.slice(count.length));
  }
  return changes;
}

/** What a clock may have shown: between two of these any number is exact. */
export const isCount = (value: number | undefined): value is number => Number.isSafeInteger(value) && value! >= 0;
