// The data file as objects, one per line, by the names of its first.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('combinations.txt', import.meta.url);

/** The lines of `combinations.txt`. `-` is `undefined`. */
export function combinations() {
  const [names, ...rows] = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() && !line.startsWith('#'))
    .map((line) => line.trim().split(/ +/));
  return rows.map((row) => {
    if (row.length !== names.length)
      throw new Error(`combinations.txt: ${row[0]} has ${row.length} of ${names.length} columns`);
    return Object.fromEntries(row.map((value, i) => [names[i], value === '-' ? undefined : value]));
  });
}

/** Notes in the data file how combinations came out: `{ [name]: 'green' | 'red' }`. */
export function writeSeen(seen) {
  const lines = readFileSync(file, 'utf8').split('\n');
  const noted = lines.map((line) => {
    const now = seen[line.split(' ')[0]];
    return now ? line.replace(/\S+$/, now) : line;
  });
  writeFileSync(file, noted.join('\n'));
}

/** `ts-jest@29` is `['ts-jest', '29']`; `tsc` is `['tsc', undefined]`. */
export function versioned(text) {
  const [name, version] = text.split('@');
  return [name, version];
}
