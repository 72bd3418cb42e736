import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

type Combination = Readonly<Record<string, string | undefined>>;

const root = resolve(import.meta.dirname, '../..');
const readme = readFileSync(resolve(root, 'README.md'), 'utf8');

describe("The README's table of versions", () => {
  let all: Combination[];
  let withVersions: (readme: string, combinations: Combination[]) => string;

  beforeAll(async () => {
    all = (await fromMatrix<{ combinations: () => Combination[] }>('combinations.mjs')).combinations();
    ({ withVersions } = await fromMatrix<{ withVersions: typeof withVersions }>('versions.mjs'));
  });

  it('lists what the matrix has seen green: `npm run matrix -- --all --write`', () => {
    expect(readme).toBe(withVersions(readme, all));
  });

  it('is another one where another version is green, and the same where that is red', () => {
    const another = (seen: string) => withVersions(readme, [...all, { ...all[0], typeorm: '9.9', seen }]);
    expect(another('green')).toMatch(/^\| TypeORM \| .*9\.9/m);
    expect(another('red')).toBe(withVersions(readme, all));
  });
});

/** Plain JavaScript, which runs where nothing is installed yet. */
async function fromMatrix<T>(file: string): Promise<T> {
  return (await import(pathToFileURL(resolve(root, 'test/matrix', file)).href)) as T;
}
