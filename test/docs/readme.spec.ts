import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const prelude = readFileSync(resolve(root, 'test/docs/readme.prelude.ts'), 'utf8');
const snippets = [...readFileSync(resolve(root, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, code]) => code!,
);

/** The README's snippets as modules of their own; what a reader has already (entities, imports) comes from the prelude. */
function errorsOf(sources: ReadonlyMap<string, string>): string[] {
  const { config } = ts.readConfigFile(resolve(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  const host = ts.createCompilerHost({ ...options, noEmit: true });
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  host.readFile = (file) => sources.get(file) ?? readFile(file);
  host.getSourceFile = (file, language, ...rest) => {
    const text = sources.get(file);
    return text === undefined ? getSourceFile(file, language, ...rest) : ts.createSourceFile(file, text, language);
  };
  const program = ts.createProgram([...sources.keys()], { ...options, noEmit: true }, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) =>
        `${file?.fileName.split('/').at(-1)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
}

/** A snippet that declares a class brings its own; the prelude's would clash with it. */
function asModule(code: string): string {
  const declared = [...code.matchAll(/export class (\w+)/g)].map(([, name]) => name);
  const shared = prelude.replaceAll(/\/\/ begin (\w+)\n[\s\S]*?\/\/ end \1\n/g, (part, name) =>
    declared.includes(name as string) ? '' : part,
  );
  return `${shared}\n${code}`;
}

describe("the README's snippets", () => {
  it('compile, each with what a reader has at that point; a wrong name in one does not', { timeout: 120_000 }, () => {
    expect(snippets.length).toBeGreaterThan(6);
    const sources = new Map(
      snippets.map((code, i) => [resolve(root, `test/docs/snippet-${i + 1}.ts`), asModule(code)]),
    );
    sources.set(resolve(root, 'test/docs/wrong.ts'), asModule(snippets[0]!.replace("['user']", "['usr']")));
    const errors = errorsOf(sources);
    expect(errors.filter((error) => !error.startsWith('wrong.ts'))).toEqual([]);
    expect(errors.join()).toContain('relatedObjects');
  });
});
