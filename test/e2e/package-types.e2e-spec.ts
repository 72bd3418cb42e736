import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve, sep } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const dist = resolve('dist') + sep;

const nodenext: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
};

/** What older applications have: it knows `main` and `types`, and nothing of `exports`. */
const node10: ts.CompilerOptions = {
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Node10,
  ignoreDeprecations: '6.0',
};

const model = `
  import { BaseCacheManager, CacheEvents, QuerySet } from 'nestjs-qscache';
  export class Example { id!: number; title!: string; }
  export class ExampleCacheManager extends BaseCacheManager<Example> { model = Example; }
  declare const examples: ExampleCacheManager;
  declare const events: CacheEvents;
`;

// A compiler each: seconds, and many of them on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

describe("The package's types", () => {
  let folder: string;

  beforeAll(async () => {
    if (!existsSync('dist/index.d.ts')) {
      throw new Error('There is no dist/index.d.ts, so there are no types to look at. Run "npm run build".');
    }
    folder = await mkdtemp(join(tmpdir(), 'qscache-types-'));
    for (const name of ['@nestjs/common', 'rxjs', 'typeorm', '@types/node'])
      await install(name, `node_modules/${name}`);
    // As a package is installed: a link to the repository would bring its own TypeORM along.
    await mkdir(join(folder, 'node_modules/nestjs-qscache'), { recursive: true });
    for (const part of ['package.json', 'dist'])
      await cp(part, join(folder, 'node_modules/nestjs-qscache', part), { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('name nothing but what index.ts exports, and what that is made of', async () => {
    const program = await compile([''], nodenext, [`${dist}index.d.ts`]);
    expect(namesBehind(program)).toEqual([
      'errors.d.ts: Cause',
      'load/relation-paths.d.ts: Depth',
      'load/relation-paths.d.ts: LongPath',
      'load/relation-paths.d.ts: PathsBelow',
      'load/relation-paths.d.ts: PathsThrough',
      'load/relation-paths.d.ts: Related',
      'load/relation-paths.d.ts: Scalar',
      'manager/base-cache-manager.d.ts: Model',
      'naming/identifier.d.ts: KeyValue',
      'qs-cache.module-definition.d.ts: Configurable',
      'qs-cache.module-definition.d.ts: ConfigurableModuleClass',
      'store/ioredis.client.d.ts: IoRedisClient',
      'store/node-redis.client.d.ts: NodeRedisClient',
    ]);
  });

  it('stand on their own, in an application that checks its libraries too', async () => {
    const program = await compile(['export const found = examples.get(1);'], { ...nodenext, skipLibCheck: false });
    expect(errorsOf(program, (path) => path.startsWith(dist) || path.startsWith(folder))).toEqual([]);
  });

  it('stand on their own where the application knows no later JavaScript than ES2021, as older starters have it', async () => {
    const lib = ['lib.es2021.d.ts'];
    const program = await compile(['export const found = examples.get(1);'], { ...nodenext, lib, skipLibCheck: false });
    const ours = join(folder, 'node_modules/nestjs-qscache');
    expect(errorsOf(program, (path) => path.startsWith(ours))).toEqual([]);
  });

  it('name nothing of TypeORM that 0.3 does not export', async () => {
    const paths = (await readdir('dist', { recursive: true })).filter((path) => path.endsWith('.d.ts'));
    const texts = await Promise.all(paths.map((path) => readFile(join('dist', path), 'utf8')));
    // Of RelationMetadata and ColumnMetadata only 1.x gives the names away.
    expect(texts.filter((text) => /import\(['"]typeorm['"]\)\.\w+/.test(text))).toEqual([]);
  });

  it.each([
    ['nodenext', nodenext],
    ['node10', node10],
  ])('are found with moduleResolution %s, and known for what they are', async (_, options) => {
    const right = 'export const found: Promise<Example> = examples.get({ id: 1 });';
    const wrong = 'export const found = examples.get({ idd: 1 });';
    expect(errorsOf(await compile([right, wrong], options))).toEqual([
      expect.stringMatching(/^app-1\.ts: [^]*'idd' does not exist/),
    ]);
  });

  it('hide what is not for users', async () => {
    const hidden: Record<string, string> = {
      'events.emit({ name: "entry:hit", key: "k" });': "Property 'emit' does not exist",
      'events.watch(() => {});': "Property 'watch' does not exist",
      'new QuerySet<Example>();': 'is private',
      'examples.cacheKeys();': "Property 'cacheKeys' does not exist",
      'examples.bound();': "Property 'bound' does not exist",
      'export class Nosy extends ExampleCacheManager { into = () => this.through; }': "'through' does not exist",
      'export { querySet } from "nestjs-qscache";': "no exported member named 'querySet'",
      'export { ManagerRuntime } from "nestjs-qscache";': "no exported member 'ManagerRuntime'",
      'export * from "nestjs-qscache/dist/manager/bound-manager.js";': 'Cannot find module',
    };
    const errors = errorsOf(await compile(Object.keys(hidden), nodenext));
    expect(errors).toEqual(
      Object.values(hidden).map((error, i): unknown =>
        expect.stringMatching(new RegExp(`^app-${i}\\.ts: [^]*${error}`)),
      ),
    );
  });

  it('leave the names of insides to the fields of managers', async () => {
    const fields = 'bound = 1; through = 2; cacheKeys = 3; keys = 4; transaction = 5; events = 6;';
    const code = `export class Own extends BaseCacheManager<Example> { model = Example; ${fields} }`;
    expect(errorsOf(await compile([code], nodenext))).toEqual([]);
  });

  it('can be written into the declarations of another package, of managers for any entity too', async () => {
    const codes = [
      'export const paths = <T extends object>(manager: BaseCacheManager<T>) => manager.relatedObjects;',
      `export function managerOf<T extends object>(entity: abstract new () => T) {
        return class extends BaseCacheManager<T> { model = entity; };
      }`,
      `export const { model } = examples;
      export const set = examples.all();
      export const field = (manager: BaseCacheManager<Example>) => manager.model;`,
    ];
    expect(errorsOf(await compile(codes, { ...nodenext, declaration: true }))).toEqual([]);
  });

  it('bear entities that are all related to each other', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `E${i}`);
    const entities = names.map(
      (name) => `export class ${name} { id!: number; ${names.map((to) => `to${to}!: ${to}[];`).join(' ')} }`,
    );
    const manager = (paths: string) =>
      `${entities.join('\n')}
      export class EManager extends BaseCacheManager<E0> { model = E0; relatedObjects = [${paths}] as const; }`;
    const right = `${manager("'toE1', 'toE2.toE3', 'toE2.toE3.toE4.toE5.toE6'")}
      export const manager: BaseCacheManager<any> = new EManager();`;
    const wrong = ["'toE99'", "'toE1.toE99'", "'toE1.toE2.toE99'", "'toE99.toE1.toE2.toE3'"].map(manager);
    expect(errorsOf(await compile([right, ...wrong], nodenext))).toEqual(
      wrong.map((_, i): unknown => expect.stringMatching(new RegExp(`^app-${i + 1}\\.ts: [^]*toE99`))),
    );
  });

  async function install(name: string, from: string): Promise<void> {
    const path = join(folder, 'node_modules', name);
    await mkdir(dirname(path), { recursive: true });
    await symlink(resolve(from), path);
  }

  /** Applications of one file each: `app-0.ts` and so on. */
  async function compile(codes: string[], options: ts.CompilerOptions, more: string[] = []): Promise<ts.Program> {
    const files = codes.map((_, i) => join(folder, `app-${i}.ts`));
    for (const [i, file] of files.entries()) await writeFile(file, `${model}\n${codes[i]}`);
    return ts.createProgram([...files, ...more], {
      target: ts.ScriptTarget.ES2023,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      types: ['node'],
      typeRoots: [join(folder, 'node_modules/@types')],
      ...options,
    });
  }

  function errorsOf(program: ts.Program, of = (path: string) => path.startsWith(folder)): string[] {
    return ts
      .getPreEmitDiagnostics(program)
      .filter(({ file }) => !file || of(file.fileName))
      .map(
        ({ file, messageText }) =>
          `${file && basename(file.fileName)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
      );
  }
});

/** Declarations of ours that an exported one mentions, down to the last, and that nobody can import. */
function namesBehind(program: ts.Program): string[] {
  const checker = program.getTypeChecker();
  const index = checker.getSymbolAtLocation(program.getSourceFile(`${dist}index.d.ts`)!)!;
  const own = (symbol: ts.Symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
  const exported = new Set(checker.getExportsOfModule(index).map(own));
  const seen = new Set(exported);
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const named = checker.getSymbolAtLocation(node);
      if (named) seen.add(own(named));
    }
    node.forEachChild(visit);
  };
  // A set that grows while it is walked through.
  for (const symbol of seen) {
    for (const declaration of symbol.declarations ?? []) {
      if (declaration.getSourceFile().fileName.startsWith(dist)) visit(declaration);
    }
  }
  return [...seen]
    .filter((symbol) => !exported.has(symbol))
    .flatMap(({ declarations }) => declarations ?? [])
    .filter(({ parent }) => ts.isSourceFile(parent) || ts.isVariableDeclarationList(parent))
    .map((declaration) => [declaration.getSourceFile().fileName, ts.getNameOfDeclaration(declaration)?.getText()])
    .filter(([file]) => file?.startsWith(dist))
    .map(([file, name]) => `${file?.slice(dist.length)}: ${name}`)
    .toSorted();
}
