import { format, inspect } from 'node:util';
import { format as prettyFormat } from '@vitest/pretty-format';
import { describe, expect, it } from 'vitest';
import { runtimeOf } from '../../../lib/manager/manager-runtime.js';
import { PlainExampleCacheManager } from '../../fixtures/managers.js';
import { sqljs } from '../../fixtures/sqljs.js';
import { exampleApp } from '../../support/example-app.js';

async function setUp() {
  const app = await exampleApp(sqljs);
  return { ...app, examples: app.get(PlainExampleCacheManager) };
}

describe('A query set that is not awaited', () => {
  it('is one line wherever it is printed, and stays unloaded', async () => {
    const { examples, statements } = await setUp();
    await statements.expect(0, async () => {
      for (const set of [examples.all(), examples.all().filter({ id: 1 }), examples.all({ suffix: 'x' }).limit(2)]) {
        const line = 'QuerySet(Example, not loaded)';
        expect(inspect(set)).toBe(line);
        expect(format('%o', { items: set })).toContain(line);
        expect(inspect({ deep: { deeper: { items: [set] } } }, { depth: 9, showHidden: true })).toContain(line);
        expect(inspect({ deep: { deeper: { items: set } } })).toMatch(/\[QuerySet\]|QuerySet\(Example, not loaded\)/);
        expect(Object.keys(set)).toEqual([]);
        expect(prettyFormat(set, { callToJSON: false })).toBe('QuerySet {}');
      }
    });
    const set = examples.all();
    await set;
    expect(inspect(set)).toBe('QuerySet(Example, loaded)');
  });

  it('does not become JSON, which says to await it and whose it is', async () => {
    const { examples, statements } = await setUp();
    await statements.expect(0, async () => {
      for (const set of [examples.all(), examples.all().filter({ id: 1 })]) {
        for (const value of [set, [set], { items: set }, { deep: { items: [set] } }]) {
          expect(() => JSON.stringify(value)).toThrow(/PlainExampleCacheManager.*await/);
          expect(() => JSON.stringify(value)).toThrow(expect.objectContaining({ code: 'QSCACHE_NOT_AWAITED' }));
        }
      }
    });
  });

  it('is nothing in a copy or a text, as a promise is: neither can ask it, nor loads it', async () => {
    const { examples, statements } = await setUp();
    await statements.expect(0, async () => {
      expect(structuredClone({ items: examples.all() })).toEqual({ items: {} });
      // oxlint-disable-next-line typescript/restrict-template-expressions, typescript/no-base-to-string -- what it looks like is the point
      expect(`${examples.all()}`).toBe('[object Object]');
    });
  });

  it('fails an assertion with few words', async () => {
    const { examples } = await setUp();
    const failure = (() => {
      try {
        expect({ items: examples.all() }).toEqual({ items: [] });
      } catch (error) {
        return error as Error;
      }
      throw new Error('did not fail');
    })();
    expect(failure.message.length).toBeLessThan(500);
    expect(failure.name).toBe('AssertionError');
  });
});

describe('A manager', () => {
  it('is one line where it is printed', async () => {
    const { examples, dataSource } = await setUp();
    expect(inspect(examples)).toBe('PlainExampleCacheManager(Example)');
    expect(inspect(examples.using(dataSource.manager))).toBe('PlainExampleCacheManager(Example, in a transaction)');
    expect(inspect({ service: { examples } }, { showHidden: true, depth: 9 }).length).toBeLessThan(200);
    class Loose extends PlainExampleCacheManager {}
    expect(inspect(new Loose())).toBe('Loose(not registered)');
  });

  it('is one line inside as well: neither options nor metadata are printed', async () => {
    const { examples } = await setUp();
    const runtime = runtimeOf(examples);
    expect(inspect(runtime)).toBe('ManagerRuntime(PlainExampleCacheManager)');
    expect(inspect(runtime, { showHidden: true, depth: 9 }).length).toBeLessThan(100);
  });
});
