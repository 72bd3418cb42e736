import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Who may not import what, and who may; the files need not exist. */
const wrong = [
  ['lib/writes/write-watch.ts', '@nestjs/typeorm'],
  ['lib/manager/query-set.ts', '@nestjs/typeorm'],
  ['lib/load/entity-loader.ts', '@nestjs/typeorm'],
  ['lib/naming/row-key.ts', '@nestjs/typeorm'],
  ['lib/query/filter.ts', '@nestjs/typeorm'],
  ['lib/errors.ts', './events/cache-events.js'],
  ['lib/errors.ts', 'typeorm'],
  ['lib/events/cache-events.ts', '../store/cache-store.js'],
  ['lib/events/cache-events.ts', '../query/query-text.js'],
  ['lib/events/cache-events.ts', 'rxjs'],
  ['lib/query/filter.ts', '../naming/row-key.js'],
  ['lib/query/filter.ts', '../load/entity-loader.js'],
  ['lib/query/filter.ts', '../cache/dependency.js'],
  ['lib/query/filter.ts', '../codec/entity-codec.js'],
  ['lib/query/filter.ts', '@nestjs/common'],
  ['lib/naming/row-key.ts', '../cache/dependency.js'],
  ['lib/naming/row-key.ts', '../store/cache-store.js'],
  ['lib/naming/row-key.ts', '../load/dependencies.js'],
  ['lib/naming/row-key.ts', '../manager/manager-options.js'],
  ['lib/naming/row-key.ts', '../writes/table-map.js'],
  ['lib/codec/entity-codec.ts', '../store/cache-store.js'],
  ['lib/codec/entity-codec.ts', '../cache/entry.js'],
  ['lib/codec/entity-codec.ts', '../naming/row-key.js'],
  ['lib/codec/entity-codec.ts', '@nestjs/common'],
  ['lib/codec/entity-codec.ts', '@nestjs/typeorm'],
  ['lib/store/cache-store.ts', '../codec/entity-codec.js'],
  ['lib/store/cache-store.ts', '../cache/entry.js'],
  ['lib/store/cache-store.ts', '../naming/row-key.js'],
  ['lib/store/cache-store.ts', 'typeorm'],
  ['lib/store/cache-store.ts', '@nestjs/cache-manager'],
  ['lib/store/redis/client.ts', '../../manager/query-set.js'],
  ['lib/store/redis/client.ts', 'ioredis'],
  ['lib/cache/read-through.ts', '../codec/entity-codec.js'],
  ['lib/cache/read-through.ts', '../store/redis.store.js'],
  ['lib/cache/read-through.ts', '../naming/cache-keys.js'],
  ['lib/cache/read-through.ts', '../load/entity-loader.js'],
  ['lib/cache/read-through.ts', 'typeorm/driver/Driver.js'],
  ['lib/cache/read-through.ts', '@nestjs/common'],
  ['lib/cache/read-through.ts', 'rxjs'],
  ['lib/load/entity-loader.ts', '../manager/manager-options.js'],
  ['lib/load/entity-loader.ts', '../writes/write-watch.js'],
  ['lib/load/entity-loader.ts', '../store/redis.store.js'],
  ['lib/load/entity-loader.ts', '@nestjs/common'],
  ['lib/manager/query-set.ts', '../writes/write-watch.js'],
  ['lib/manager/query-set.ts', '../decorators/clear-target.js'],
  ['lib/manager/query-set.ts', '../store/redis.store.js'],
  ['lib/manager/query-set.ts', '../qs-cache.module.js'],
  ['lib/manager/query-set.ts', 'cache-manager'],
  ['lib/decorators/clear-cache.ts', '../load/entity-loader.js'],
  ['lib/decorators/clear-cache.ts', '../cache/read-through.js'],
  ['lib/decorators/clear-cache.ts', '../store/cache-store.js'],
  ['lib/decorators/clear-cache.ts', '../writes/write-watch.js'],
  ['lib/decorators/clear-cache.ts', '../qs-cache.core.js'],
  ['lib/decorators/clear-cache.ts', '../peers/versions.js'],
  ['lib/writes/write-watch.ts', '../load/entity-loader.js'],
  ['lib/writes/write-watch.ts', '../cache/read-through.js'],
  ['lib/writes/write-watch.ts', '../codec/entity-codec.js'],
  ['lib/writes/write-watch.ts', '../manager/manager-options.js'],
  ['lib/writes/write-watch.ts', '../decorators/clear-cache.js'],
  ['lib/writes/write-watch.ts', '../qs-cache-core.module.js'],
  ['lib/writes/write-watch.ts', '../index.js'],
  ['lib/writes/write-watch.ts', '../store/redis.store.js'],
  ['lib/writes/write-watch.ts', '@nestjs/common'],
  ['lib/writes/sql/redact.ts', '../write-watch.js'],
  ['lib/writes/sql/redact.ts', '../../naming/row-key.js'],
  ['lib/writes/sql/redact.ts', 'typeorm'],
  ['lib/qs-cache.module.ts', 'nestjs-qscache'],
  ['lib/manager/query-set.ts', '../testing/index.js'],
  ['lib/testing/expect-queries.ts', 'vitest'],
  ['lib/testing/expect-queries.ts', '@nestjs/testing'],
  ['lib/testing/expect-queries.ts', '../qs-cache.core.js'],
  ['sample-app/main.ts', '../lib/index.js'],
] as const;

const right = [
  ['lib/events/cache-events.ts', '../errors.js'],
  ['lib/query/filter.ts', 'typeorm'],
  ['lib/query/filter.ts', '../errors.js'],
  ['lib/query/filter.ts', '../codec/transform.js'],
  ['lib/naming/row-key.ts', '../query/query-text.js'],
  ['lib/naming/row-key.ts', '../events/safe-error.js'],
  ['lib/codec/entity-codec.ts', 'typeorm'],
  ['lib/codec/entity-codec.ts', './columns/date.js'],
  ['lib/store/cache-store.ts', '../errors.js'],
  ['lib/store/cache-store.ts', 'cache-manager'],
  ['lib/cache/read-through.ts', '../store/cache-store.js'],
  ['lib/cache/read-through.ts', '../events/cache-events.js'],
  ['lib/cache/read-through.ts', './entry.js'],
  ['lib/cache/read-through.ts', 'node:timers/promises'],
  ['lib/load/entity-loader.ts', '../query/copy-query.js'],
  ['lib/load/entity-loader.ts', '../naming/row-key.js'],
  ['lib/load/entity-loader.ts', '../codec/entity-codec.js'],
  ['lib/load/entity-loader.ts', '../cache/read-through.js'],
  ['lib/manager/query-set.ts', '../codec/entity-codec.js'],
  ['lib/manager/query-set.ts', '../cache/read-through.js'],
  ['lib/manager/query-set.ts', '../load/entity-loader.js'],
  ['lib/manager/query-set.ts', 'typeorm'],
  ['lib/manager/query-set.ts', '@nestjs/common'],
  ['lib/decorators/clear-cache.ts', '../manager/manager-registry.js'],
  ['lib/decorators/clear-cache.ts', '../peers/copies.js'],
  ['lib/decorators/clear-cache.ts', '@nestjs/core'],
  ['lib/decorators/clear-cache.ts', 'rxjs'],
  ['lib/writes/write-watch.ts', '../naming/row-key.js'],
  ['lib/writes/write-watch.ts', '../load/read-context.js'],
  ['lib/writes/write-watch.ts', '../load/statement-watch.js'],
  ['lib/writes/write-watch.ts', '../store/cache-store.js'],
  ['lib/writes/write-watch.ts', './sql/read-statements.js'],
  ['lib/writes/sql/redact.ts', '../../events/one-line.js'],
  ['lib/qs-cache.module.ts', './store/redis.store.js'],
  ['lib/testing/expect-queries.ts', '../writes/statement-hooks.js'],
  ['lib/testing/expect-queries.ts', 'node:assert'],
  ['sample-app/main.ts', 'nestjs-qscache'],
] as const;

describe('The linter', () => {
  let folder: string;
  let refused: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qscache-lint-'));
    await cp('.oxlintrc.json', join(folder, '.oxlintrc.json'));
    await write('tsconfig.json', JSON.stringify({ compilerOptions: { strict: true, types: [] } }));

    for (const [file, specifier] of [...wrong, ...right]) await write(file, `export * from '${specifier}';\n`);
    await write('lib/cycle/a.ts', `import { b } from './b.js';\nexport const a = () => b;\n`);
    await write('lib/cycle/b.ts', `import { a } from './a.js';\nexport const b = () => a;\n`);
    await write('lib/codec/compile.ts', `export const compiled = new Function('return 1');\n`);
    await write('lib/cache/compile.ts', `export const compiled = new Function('return 1');\n`);
    await write('test/title.spec.ts', `import { it } from 'vitest';\nit('should read', () => {});\n`);
    await write(
      'test/query-set.ts',
      `declare function all(): { then(done: (rows: string[]) => void, failed: (error: Error) => void): void };\n` +
        `export function forgets(): void {\n  all();\n}\n`,
    );
    refused = await lint();
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(wrong)('refuses %s importing %s', (file, specifier) => {
    expect(refused).toContain(`${file}: no-restricted-imports ${specifier}`);
  });

  it.each(right)('allows %s importing %s', (file, specifier) => {
    expect(refused).not.toContain(`${file}: no-restricted-imports ${specifier}`);
  });

  it('refuses files that import each other', () => {
    expect(refused).toContain('lib/cycle/a.ts: no-cycle');
  });

  it('refuses compiled code outside the codec', () => {
    expect(refused).toContain('lib/cache/compile.ts: no-new-func');
    expect(refused).not.toContain('lib/codec/compile.ts: no-new-func');
  });

  it('refuses a thenable nobody awaits', () => {
    expect(refused).toContain('test/query-set.ts: no-floating-promises');
  });

  it('refuses a test title that is a wish', () => {
    expect(refused).toContain('test/title.spec.ts: valid-title');
  });

  async function write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await appendFile(join(folder, path), text);
  }

  /** `file: rule` of every finding, and what was imported where that is the point. */
  async function lint(): Promise<string[]> {
    const bin = resolve('node_modules/.bin');
    const env = { ...process.env, OXLINT_TSGOLINT_PATH: join(bin, 'tsgolint') };
    const report = await new Promise<string>((done) =>
      execFile(join(bin, 'oxlint'), ['--type-aware', '--format', 'json'], { cwd: folder, env }, (_, stdout) =>
        done(stdout),
      ),
    );
    const { diagnostics } = JSON.parse(report) as {
      diagnostics: { code: string; filename: string; message: string }[];
    };
    return diagnostics.map(({ code, filename, message }) => {
      const specifier = /^'(.*)' import/.exec(message)?.[1];
      return [`${filename}:`, /\((.*)\)/.exec(code)?.[1], specifier].filter(Boolean).join(' ');
    });
  }
});
