import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/protocol.md', 'docs/threat-model.md'];
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Link {
  readonly text: string;
  /** From the root; without its anchor. */
  readonly path: string;
  readonly anchor: string | undefined;
}

/** The links in a text of a page that lead to another part of the repository. */
function linksIn(text: string, page: string): Link[] {
  return [...text.matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)].flatMap(([, named, target]) => {
    if (/^[a-z]+:/.test(target!)) return [];
    const [path, anchor] = target!.split('#');
    return [{ text: named!, path: path ? join(dirname(page), path) : page, anchor }];
  });
}

/** As GitHub makes them. */
function anchorsOf(page: string): string[] {
  const headings = [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(pages)('the links of %s', (page) => {
  it('lead to something', () => {
    const lost = linksIn(read(page), page).filter(
      ({ path, anchor }) =>
        !existsSync(join(root, path)) || (anchor !== undefined && !anchorsOf(path).includes(anchor)),
    );
    expect(lost).toEqual([]);
  });
});

it('every rule of the protocol names a test that there is', () => {
  const rules = read('docs/protocol.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes('(../lib/'));
  expect(rules.length).toBeGreaterThan(30);
  for (const rule of rules) {
    const tests = linksIn(rule, 'docs/protocol.md').filter(({ path }) => /^(test|lib\/testing)\//.test(path));
    const lost = tests.filter(({ text, path }) => !read(path).includes(text));
    expect({ rule, tests: tests.length > 0, lost }).toEqual({ rule, tests: true, lost: [] });
  }
});
