import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const textOf = (path: string) => readFileSync(resolve(root, path), 'utf8');

const pages = ['README.md', 'CHANGELOG.md', 'SECURITY.md', ...filesIn('docs', '.md')];
const sources = filesIn('lib', '.ts');

function filesIn(folder: string, ending: string): string[] {
  const names = readdirSync(resolve(root, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith(ending)).map((name) => `${folder}/${name}`);
}

function* nodesOf(path: string): Generator<ts.Node> {
  const open: ts.Node[] = [ts.createSourceFile(path, textOf(path), ts.ScriptTarget.Latest, true)];
  for (let node = open.pop(); node; node = open.pop()) {
    yield node;
    node.forEachChild((child) => void open.push(child));
  }
}

/** The texts of the unions of literals in a file, and whether each has a comment of its own. */
function literalTypes(path: string, pattern: RegExp): { text: string; isExplained: boolean }[] {
  return [...nodesOf(path)]
    .filter((node) => ts.isLiteralTypeNode(node))
    .map((node) => ({
      text: node.literal.getText().slice(1, -1),
      isExplained: /\*\/[\s|]*$/.test(textOf(path).slice(0, node.getStart())),
    }))
    .filter(({ text }) => pattern.test(text));
}

function mentions(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) => [...textOf(path).matchAll(pattern)].map(([found]) => `${path}: ${found}`));
}

/** What the tests take from the environment. */
const isVariable = (name: string) => /^QSCACHE_(TEST_\w+|EXPLORE|HOSTILE_RUNS)$/.test(name);

const nameIn = (mention: string) => mention.slice(mention.indexOf(': ') + 2);

describe('The codes of errors', () => {
  const declared = literalTypes('lib/errors.ts', /^QSCACHE_/);
  const codes = declared.map(({ text }) => text);

  it('are each declared once, with what they mean', () => {
    expect(codes.length).toBeGreaterThan(30);
    expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual([]);
    expect(declared.filter(({ isExplained }) => !isExplained).map(({ text }) => text)).toEqual([]);
  });

  it('are those that are thrown somewhere, and none else', () => {
    const thrown = sources
      .flatMap((path) => [...nodesOf(path)])
      .filter((node) => ts.isNewExpression(node) || ts.isCallExpression(node))
      .filter(({ expression }) => /^super$|Error$/.test(expression.getText()))
      .flatMap((node) => [...(node.arguments ?? [])])
      .filter((argument) => ts.isStringLiteral(argument))
      .map(({ text }) => text)
      .filter((text) => text.startsWith('QSCACHE_'));
    expect([...new Set(thrown)].toSorted()).toEqual(codes.toSorted());
  });

  it('are the only ones the documentation speaks of', () => {
    expect(
      mentions(pages, /\bQSCACHE_\w+/g).filter(
        (mention) => !codes.includes(nameIn(mention)) && !isVariable(nameIn(mention)),
      ),
    ).toEqual([]);
  });
});

describe('The names of events', () => {
  const names = literalTypes('lib/events/cache-events.ts', /^[a-z]+:[a-z]+$/).map(({ text }) => text);
  const nouns = [...new Set(names.map((name) => name.split(':')[0]))].join('|');

  it('are those that are emitted somewhere, and none else', () => {
    const emitted = sources
      .flatMap((path) => [...nodesOf(path)])
      .filter((node) => ts.isPropertyAssignment(node))
      .filter(({ name }) => name.getText() === 'name')
      .map((node) => node.initializer)
      .filter((value) => ts.isStringLiteral(value))
      .map(({ text }) => text)
      .filter((text) => names.includes(text));
    expect([...new Set(emitted)].toSorted()).toEqual(names.toSorted());
  });

  it('are the only ones that comments and documentation speak of, and the README speaks of each', () => {
    const spoken = mentions([...pages, ...sources, 'CONTRIBUTING.md'], new RegExp(`\\b(${nouns}):[a-z]+`, 'g'));
    expect(spoken.filter((mention) => !names.includes(nameIn(mention)))).toEqual([]);
    expect(names.filter((name) => !textOf('README.md').includes(`\`${name}\``))).toEqual([]);
  });
});
