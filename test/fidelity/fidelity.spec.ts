import type { ObjectLiteral } from 'typeorm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Reading } from '../../lib/codec/reading.js';
import { MemoryStore } from '../../lib/store/memory.store.js';
import type { SetMaker } from './entity-set.js';
import { runSet } from './run.js';
import { sets } from './sets/index.js';
import type { Tally } from './tally.js';

/** A slice of what `npm run fidelity` compares: one of each trade. */
const slice = [
  'transformers, value objects',
  'fields with initial values, constructors called',
  'entities that listen for their load',
  'schemas of classes, with embedded schemas',
  'junction entities with columns of their own',
  'embeddeds in embeddeds, empty ones too',
];

async function run(name: string): Promise<Tally> {
  const make = sets.find((one) => one('sqljs')?.name === name) as SetMaker;
  const [result] = await runSet(make, { database: 'sqljs', databaseUrl: '', stores: ['memory'], redisUrl: '' });
  return result!.tally;
}

describe('Cached reads and find', () => {
  it.each(slice)('agree on %s', async (name) => {
    const { failures, compared } = await run(name);
    expect(failures).toEqual([]);
    expect(compared).toBeGreaterThan(10);
  });
});

describe('A decoder that is broken', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each<[string, RegExp, (entity: ObjectLiteral) => unknown]>([
    ['drops a property', /: has /, (entity) => delete entity['note']],
    ['swaps two properties', /: has /, swapped],
    ['loses a class', /: Object is not /, (entity) => ({ ...entity })],
    ['makes null undefined', /: undefined is not null/, (entity) => void (entity['note'] ??= undefined)],
    ['adds what nobody sees', /: has /, (entity) => Object.defineProperty(entity, 'hidden', { value: 1 })],
    ['hides a property', /: is /, (entity) => Object.defineProperty(entity, 'name', { enumerable: false })],
    ['freezes', /isExtensible/, Object.freeze],
    ['hands out one object twice', /share/, sharing],
    ['changes a text', /is not/, (entity) => void (entity['name'] = String(entity['name']).toUpperCase())],
  ])('is caught when it %s', async (_, symptom, break_) => {
    const entities = Reading.prototype.entities;
    vi.spyOn(Reading.prototype, 'entities').mockImplementation(function (this: Reading) {
      return entities.call(this).map((entity) => {
        const broken = break_(entity);
        return typeof broken === 'object' && broken !== null ? broken : entity;
      });
    });
    const { failures } = await run('fields with initial values, constructors called');
    expect(failures.map(({ what }) => what).join('\n')).toMatch(symptom);
  });

  it('is caught when nothing is ever a hit', async () => {
    vi.spyOn(MemoryStore.prototype, 'put').mockResolvedValue(undefined);
    const { failures } = await run('schemas of classes, with embedded schemas');
    expect(failures[0]?.what).toMatch(/is no hit: 1 statements, entry:missed absent/);
  });
});

/** The same properties, the first two the other way round. */
function swapped(entity: ObjectLiteral): ObjectLiteral {
  const [first, second, ...more] = Object.entries(entity);
  const prototype = Object.getPrototypeOf(entity) as object;
  return Object.assign(Object.create(prototype) as object, Object.fromEntries([second!, first!, ...more]));
}

const parts = { value: 0 };

/** Equal to what it should be, and the same for everybody. */
function sharing(entity: ObjectLiteral): void {
  entity['counter'] = parts;
}
