import { EntitySchema } from 'typeorm';
import { expect, it } from 'vitest';
import { nameOf } from '../../../lib/naming/table-target.js';
import { Example } from '../../fixtures/entities/example.entity.js';

it.each<[string, unknown]>([
  ['a_table', 'a_table'],
  ['Example', Example],
  ['Schema', new EntitySchema({ name: 'Schema', columns: {} })],
  // A class whose module imports this one has not come to be yet.
  ['undefined', undefined],
  ['null', null],
  ['an object', {}],
  ['an array', [Example]],
  ['a number', 5],
])('an error calls %s by its name, or by what it is', (name, target) => {
  expect(nameOf(target)).toBe(name);
});
