/** As names are compared: case and the marks between words are how somebody writes, not what they mean. */
export function plainName(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase();
}

/**
 * How many letters must be put in, left out, replaced or swapped with the next one to make the one text of the other. Each place counts
 * once: who swaps two letters changes neither again.
 */
export function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1));
      if (isSwapped) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1);
    }
    [beforeLast, last] = [last, row];
  }
  return last[other.length]!;
}

/** Names that differ in more letters are not near. */
const MOST_LETTERS = 2;

/** A known name, and how far another one is from it. */
export interface NearName {
  readonly name: string;
  /** In letters; 0 for names that differ in case and marks only. */
  readonly distance: number;
}

/** Which of the known names is nearest, of several the first; `undefined` where more than two letters, or a third of the name, would change. */
export function nearestName(name: string, known: readonly string[]): NearName | undefined {
  const plain = plainName(name);
  let nearest: NearName | undefined;
  for (const candidate of known) {
    const other = plainName(candidate);
    // So many letters at least are put in or left out.
    if (Math.abs(plain.length - other.length) > MOST_LETTERS) continue;
    const distance = editDistance(plain, other);
    if (distance > MOST_LETTERS || distance * 3 > candidate.length) continue;
    if (!nearest || distance < nearest.distance) nearest = { name: candidate, distance };
  }
  return nearest;
}
