import type { Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { DataSource, EntitySchema } from 'typeorm';
import { describe, expect, it, vi } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { ManagerRegistry } from '../../../lib/manager/manager-registry.js';
import { checkCopies } from '../../../lib/qs-cache.copies.js';
import { createTestApp, type TestApp } from '../../support/test-app.js';

interface Row {
  id: number;
}

const schemas = Array.from({ length: 40 }, (_, i) => {
  const name = `Booted${i}`;
  return new EntitySchema<Row>({
    name,
    target: { [name]: class {} }[name]!,
    columns: { id: { type: Number, primary: true } },
  });
});

function managerOf({ options: { name, target } }: EntitySchema<Row>, fields: object): Type<BaseCacheManager<Row>> {
  const managers = {
    [name]: class extends BaseCacheManager<Row> {
      model = target as Type<Row>;

      constructor() {
        super();
        Object.assign(this, fields);
      }
    },
  };
  return managers[name]!;
}

/** How the driver reads values of the database. */
function parsers() {
  return { builtins: { INT4: 23 }, getTypeParser: vi.fn<(type: number) => unknown>(() => Number) };
}

function boot(count: number, { fields = {}, types = parsers() } = {}): Promise<TestApp> {
  return createTestApp({
    database: { type: 'sqljs', entities: schemas, synchronize: true, extra: { types } } as never,
    managers: schemas.slice(0, count).map((schema) => managerOf(schema, fields)),
  });
}

/** How often something is done while so many managers are bound. */
async function calls(spy: { readonly mock: { readonly calls: readonly unknown[][] } }, count: number, fields = {}) {
  const before = spy.mock.calls.length;
  await boot(count, { fields });
  return spy.mock.calls.length - before;
}

describe('Of all managers of an application', () => {
  it('what they have in common is looked through once for names that are nearly ours', async () => {
    const looked = vi.spyOn(Object, 'getOwnPropertyDescriptors');
    try {
      await boot(20);
      const at = looked.mock.calls.map(([of]) => of as unknown);
      expect(at.filter((of) => of === BaseCacheManager.prototype).length).toBeLessThanOrEqual(1);
      expect(at.filter((of) => of instanceof BaseCacheManager && Object.hasOwn(of, 'model'))).toHaveLength(20);
    } finally {
      looked.mockRestore();
    }
  });

  it('the methods are looked at once for decorators, by each of those who look', async () => {
    const has = vi.spyOn(Reflect, 'hasMetadata');
    const get = vi.spyOn(Reflect, 'getMetadata');
    const ofManagers = () =>
      [...has.mock.calls, ...get.mock.calls].filter(
        ([key, of]) =>
          String(key).startsWith('qscache:clear') && (of as unknown) === BaseCacheManager.prototype.clearCache,
      );
    try {
      await boot(1);
      const once = ofManagers().length;
      expect(once).toBeGreaterThan(0);
      await boot(20);
      expect(ofManagers()).toHaveLength(2 * once);
    } finally {
      has.mockRestore();
      get.mockRestore();
    }
  });

  it('the methods are looked at once for decorators of another copy', async () => {
    const { module } = await boot(20);
    const get = vi.spyOn(Reflect, 'getMetadata');
    try {
      checkCopies(module.get(DiscoveryService, { strict: false }), new MetadataScanner());
      expect(get.mock.calls.filter(([, of]) => (of as unknown) === BaseCacheManager.prototype.clearCache)).toHaveLength(
        1,
      );
    } finally {
      get.mockRestore();
    }
  });

  it.each([
    ['that keep nothing out', {}],
    ['that keep something out', { neverCache: ['id'] }],
  ])('%s, each more costs the same', async (_, fields) => {
    const asked = vi.spyOn(DataSource.prototype, 'hasMetadata');
    try {
      const ten = await calls(asked, 10, fields);
      const twenty = await calls(asked, 20, fields);
      expect((await calls(asked, 40, fields)) - twenty).toBe(2 * (twenty - ten));
    } finally {
      asked.mockRestore();
    }
  });

  it('none asks the driver how it reads values before it is read itself', async () => {
    const types = parsers();
    const app = await boot(20, { types });
    expect(types.getTypeParser).not.toHaveBeenCalled();
    const manager = [...app.module.get(ManagerRegistry, { strict: false }).all][0]!;
    await manager.all();
    await manager.all();
    expect(types.getTypeParser).toHaveBeenCalledTimes(1);
  });
});
