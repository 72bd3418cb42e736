import fc from 'fast-check';

/** Names that every object inherits, or that mean something to whoever walks through one. */
const INHERITED = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
];
const MEANING = ['then', 'toJSON', 'length', '0', '@instanceof', '_type', '_value', 'where', ''];

/** What `JSON.parse` and the parsers of query strings make of names and values: `__proto__` is a property like any other. */
export function parsed(entries: readonly (readonly [string, unknown])[]): unknown {
  return Object.fromEntries(entries);
}

const scalar = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom<unknown>(0, 1, 2, 3, '1', '2', '01', '', 'one', 'two', 'red', true, false, null),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(
      -0,
      -1,
      1.5,
      1e21,
      'true',
      'null',
      ' 1',
      'ONE',
      'a:b',
      'a_b',
      '\0',
      '\ud800',
      '%',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(201), `${'x'.repeat(200)}y`, '😀'.repeat(120), '%'.repeat(300)) },
);

/** Values a request can bring. `names` are those that mean something to the entity, `texts` what the rows hold. */
export function hostileValues(names: readonly string[]): fc.Arbitrary<unknown> {
  const name = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...names) },
    { weight: 2, arbitrary: fc.constantFrom(...INHERITED) },
    { weight: 1, arbitrary: fc.constantFrom(...MEANING) },
  );
  const { any } = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 3, arbitrary: scalar },
      { weight: 4, arbitrary: fc.array(fc.tuple(name, tie('any')), { maxLength: 3 }).map(parsed) },
      { weight: 1, arbitrary: fc.array(tie('any'), { maxLength: 3 }) },
    ),
  }));
  return any;
}

/** Two values as two callers may send them: alike, so that they would meet under a key that tells too little. */
export function alike(value: fc.Arbitrary<unknown>): fc.Arbitrary<readonly [unknown, unknown]> {
  const change = fc.constantFrom<((value: unknown) => unknown)[]>(
    (each) => parsed([['__proto__', each]]),
    (each) => [each],
    (each) => [each, each],
    (each) => asTexts(each),
    (each) => (isObject(each) ? parsed(Object.entries(each).toReversed()) : parsed([['id', each]])),
    (each) => (isObject(each) ? (Object.values(each)[0] ?? null) : asTexts(each)),
    (each) => JSON.stringify(each) ?? null,
    (each) => (isObject(each) ? parsed(Object.entries(each).slice(1)) : null),
    (each) => inside(each, (part) => parsed([['__proto__', part]])),
    (each) => inside(each, (part) => [part]),
  ) as fc.Arbitrary<(value: unknown) => unknown>;
  return fc.oneof(
    fc.tuple(value, change).map(([each, to]) => [each, to(each)] as const),
    fc.tuple(value, value),
  );
}

function asTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asTexts);
  if (isObject(value)) return parsed(Object.entries(value).map(([name, part]) => [name, asTexts(part)]));
  return String(value);
}

/** Changes what stands under the first name. */
function inside(value: unknown, change: (part: unknown) => unknown): unknown {
  if (!isObject(value)) return change(value);
  return parsed(Object.entries(value).map(([name, part], i) => [name, i ? part : change(part)]));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
