import { And, type FindOperator, In, MoreThan, Not } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { InvalidQueryError } from '../../../lib/index.js';
import { copyQuery } from '../../../lib/query/copy-query.js';
import { queryText } from '../../../lib/query/query-text.js';

const names = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty'];

/** As a request's body has it: the name is a property of the object's own. */
const json = (name: string, value: string): object => JSON.parse(`{"${name}":${value}}`) as object;

describe('copyQuery', () => {
  it.each(names)('keeps %s a property of its own, wherever it stands', (name) => {
    const part = json(name, '{"id":1}');
    const places: ((part: object) => object)[] = [
      (each) => each,
      (each) => ({ user: each }),
      (each) => [each],
      (each) => ({ id: In([each]) }),
      (each) => ({ id: Not(And(MoreThan(each), In([[each]]))) }),
      (each) => Object.assign(Object.create(null) as object, { user: each }),
    ];
    for (const place of places) {
      const copy = copyQuery(place(part));
      expect(copy).not.toBe(part);
      expect(queryText(copy)).toBe(queryText(place(part)));
      expect(queryText(copy)).not.toBe(queryText(place({})));
    }
    const copy = copyQuery(part) as Record<string, unknown>;
    expect(Object.keys(copy)).toEqual([name]);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect('id' in copy).toBe(false);
  });

  it('leaves what inherits as it is', () => {
    const inherits = Object.create({ id: 1 }) as object;
    expect(copyQuery(inherits)).toBe(inherits);
  });

  it('refuses what is nested without end, or nearly', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const nest = (make: (inner: unknown) => unknown, depth: number) => {
      let inner: unknown = 1;
      for (let i = 0; i < depth; i++) inner = make(inner);
      return inner;
    };
    const makes: ((inner: unknown) => unknown)[] = [
      (inner) => [inner],
      (inner) => ({ inner }),
      (inner) => Object.fromEntries([['__proto__', inner]]),
      (inner) => And(inner as FindOperator<unknown>, MoreThan(1) as FindOperator<unknown>),
      (inner) => Not(inner),
    ];
    expect(() => copyQuery(circle)).toThrow(InvalidQueryError);
    for (const make of makes) {
      expect(() => copyQuery(nest(make, 200))).not.toThrow();
      for (const depth of [2_000, 10_000]) {
        expect(() => copyQuery(nest(make, depth))).toThrow(expect.objectContaining({ code: 'QSCACHE_QUERY_TOO_DEEP' }));
      }
    }
  });
});
