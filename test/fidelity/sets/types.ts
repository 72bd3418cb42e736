import { type ColumnOptions, type ColumnType, Column, PrimaryGeneratedColumn } from 'typeorm';
import type { DatabaseName, SetMaker } from '../entity-set.js';
import { entityClass, property } from './decorate.js';

/** A column, and values for it besides null; a function gives SQL. */
type Sample = readonly [column: ColumnOptions, ...values: unknown[]];

const type = (name: ColumnType, more: ColumnOptions = {}): ColumnOptions => ({ type: name, nullable: true, ...more });
const list = (name: ColumnType, more: ColumnOptions = {}): ColumnOptions => type(name, { array: true, ...more });

const bytes = Buffer.from([0, 1, 127, 128, 255]);
const odd = ['', ' ', 'null', '__proto__', '"\\', '\u0001\u2028', 'ﬁ', 'e\u0301', '🙂', '{"$":["date",0]}'];
const deep = {
  empty: {},
  list: [[], [null, [1.5e300, -0.1]], { '': '', 1: 'one', b: { c: { d: [true] } } }],
  $: ['bigint', '1'],
  then: 'x',
  constructor: null,
  ['__proto__']: { a: 1 },
};
const jsons = [deep, [], {}, [1, 'two', null], 'text', '', 0, -1.5, true, false];

const everywhere: Record<string, Record<string, Sample>> = {
  numbers: {
    int: [type('int'), 0, -(2 ** 31), 2 ** 31 - 1],
    smallint: [type('smallint'), -32768, 32767],
    double: [type('double precision'), 0.1, -1e300, 5e-324, Number.MAX_SAFE_INTEGER],
    boolean: [type('boolean'), true, false],
  },
  texts: { text: [type('text'), ...odd, 'x'.repeat(10_000)], varchar: [type('varchar', { length: 100 }), ...odd] },
  json: {
    simple: [type('simple-json'), ...jsons],
    array: [type('simple-array'), [], [''], ['a', 'b'], odd.filter((text) => text && !text.includes(','))],
  },
  enums: {
    simple: [type('simple-enum', { enum: ['a', 'b c', ''] }), 'a', 'b c', ''],
    numeric: [type('simple-enum', { enum: { Low: 1, High: 2 } }), 1, 2],
  },
};

const postgres: typeof everywhere = {
  numbers: {
    bigint: [type('bigint'), '-9223372036854775808', '9223372036854775807'],
    numeric: [type('numeric'), '0', '-0.10', '1e100', 'NaN', 'Infinity'].slice(0, 5) as unknown as Sample,
    scaled: [type('numeric', { precision: 30, scale: 10 }), '12345678901234567890.0123456789'],
    real: [type('real'), 1.5, NaN, -Infinity],
    float8: [type('float8'), NaN, Infinity, -Infinity, -0],
    money: [type('money'), '$12.50', '-$0.01'],
    bit: [type('bit', { length: '4' }), '0101'],
    varbit: [type('varbit'), '', '1'],
  },
  texts: {
    char: [type('char', { length: 5 }), 'a', ''],
    uuid: [type('uuid'), 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    xml: [type('xml'), '<a/>'],
    tsvector: [type('tsvector'), 'a fat cat'],
    tsquery: [type('tsquery'), 'fat & cat'],
  },
  binary: { bytea: [type('bytea'), bytes, Buffer.alloc(0), Buffer.alloc(5_000, 7)] },
  times: {
    date: [type('date'), '2024-02-29', '0001-01-01', () => `'infinity'`],
    time: [type('time'), '00:00:00', '23:59:59.123456'],
    timetz: [type('timetz'), '23:59:59+02'],
    timestamp: [
      type('timestamp'),
      new Date(0),
      new Date('2024-02-29T12:34:56.789Z'),
      () => `'infinity'`,
      () => `'-infinity'`,
    ],
    timestamptz: [type('timestamptz'), new Date('0001-01-01T00:00:00Z'), new Date(1e15), () => `'4000-01-01 BC'`],
    interval: [type('interval'), '1 year 2 months 3 days 04:05:06.789', '-1 day', '0', '-00:00:01.5'],
  },
  json: { json: [type('json'), ...jsons], jsonb: [type('jsonb'), ...jsons] },
  enums: {
    enumeration: [type('enum', { enum: ['red', 'g r'] }), 'red', 'g r'],
    enumerations: [list('enum', { enum: ['red', 'g r'] }), ['red', 'g r'], []],
  },
  arrays: {
    ints: [list('int'), [], [1, null, -1]],
    bigints: [list('bigint'), ['9223372036854775807', null]],
    texts: [list('text'), [], odd, [null, 'NULL', '{}', 'a,b']],
    matrix: [
      list('int'),
      [
        [1, 2],
        [3, 4],
      ],
    ],
    floats: [list('float8'), [NaN, 1.5, -Infinity, null]],
    booleans: [list('boolean'), [true, null, false]],
    dates: [list('timestamptz'), [new Date(0), null, new Date(1e12)]],
    numerics: [list('numeric'), ['1.10', 'NaN']],
    uuids: [list('uuid'), ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']],
    jsons: [list('jsonb'), () => `ARRAY['{"a": [1]}', 'null', '[]']::jsonb[]`],
    bytes: [list('bytea'), () => `ARRAY['\\x00ff', '']::bytea[]`],
    days: [list('date'), ['2024-02-29']],
  },
  'intervals in arrays': { intervals: [list('interval'), () => `ARRAY['1 day', '-2 months']::interval[]`] },
  'networks and shapes': {
    inet: [type('inet'), '192.168.0.1/24', '::1'],
    cidr: [type('cidr'), '10.0.0.0/8'],
    macaddr: [type('macaddr'), '08:00:2b:01:02:03'],
    point: [type('point'), '(1.5,-2)'],
    circle: [type('circle'), '<(1,2),3>'],
    box: [type('box'), '(1,1),(0,0)'],
    path: [type('path'), '((0,0),(1,1))'],
    polygon: [type('polygon'), '((0,0),(1,1),(1,0))'],
    line: [type('line'), '{1,2,3}'],
    lseg: [type('lseg'), '[(0,0),(1,1)]'],
    points: [list('point'), () => `ARRAY['(1,2)']::point[]`],
  },
  ranges: {
    int4range: [type('int4range'), '[1,10)', 'empty', '(,)'],
    numrange: [type('numrange'), '(1.5,2]'],
    tstzrange: [type('tstzrange'), '[2024-01-01,)'],
    daterange: [type('daterange'), '[2024-01-01,2024-02-01)'],
    multirange: [type('int4multirange'), '{[1,3),[5,7)}'],
  },
};

const mariadb: typeof everywhere = {
  numbers: {
    tinyint: [type('tinyint'), -128, 127],
    mediumint: [type('mediumint'), -8388608],
    bigint: [type('bigint'), '-9223372036854775808', '9223372036854775807'],
    unsigned: [type('bigint', { unsigned: true }), '18446744073709551615'],
    decimal: [type('decimal', { precision: 30, scale: 10 }), '12345678901234567890.0123456789', '-0.1'],
    float: [type('float'), 1.5, -0.25],
    bit: [type('bit'), Buffer.from([1]), Buffer.from([0])],
    year: [type('year'), 1901, 2155],
  },
  texts: {
    char: [type('char', { length: 5 }), 'a', ''],
    uuid: [type('uuid'), 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    inet6: [type('inet6'), '::1'],
    longtext: [type('longtext'), 'x'.repeat(70_000)],
    tinytext: [type('tinytext'), 'ä'],
  },
  binary: {
    blob: [type('blob'), bytes, Buffer.alloc(0)],
    binary: [type('binary', { length: 4 }), Buffer.from([1, 2])],
    varbinary: [type('varbinary', { length: 16 }), bytes, Buffer.alloc(0)],
    longblob: [type('longblob'), Buffer.alloc(70_000, 1)],
  },
  times: {
    date: [type('date'), '2024-02-29', '1000-01-01'],
    time: [type('time'), '-838:59:59', '00:00:00'],
    fine: [type('time', { precision: 6 } as ColumnOptions), '23:59:59.123456'],
    datetime: [
      type('datetime', { precision: 6 }),
      new Date('2024-02-29T12:34:56.789Z'),
      new Date('9999-12-31T00:00:00Z'),
    ],
    timestamp: [type('timestamp'), new Date('2024-02-29T12:34:56Z')],
  },
  json: { json: [type('json'), ...jsons] },
  enums: {
    enumeration: [type('enum', { enum: ['red', 'g r'] }), 'red', 'g r'],
    set: [type('set', { enum: ['red', 'green'] }), ['red', 'green'], ['red'], []],
  },
  'networks and shapes': {
    point: [type('point'), 'POINT(1 2)'],
    polygon: [type('polygon'), 'POLYGON((0 0,1 1,1 0,0 0))'],
    linestring: [type('linestring'), 'LINESTRING(0 0,1 1)'],
  },
};

const sqljs: typeof everywhere = {
  numbers: {
    bigint: [type('bigint'), 2 ** 40, -(2 ** 53)],
    decimal: [type('decimal'), 1.5],
    real: [type('real'), 1e300],
  },
  binary: { blob: [type('blob'), bytes, Buffer.alloc(0)] },
  times: {
    date: [type('date'), '2024-02-29'],
    time: [type('time'), '23:59:59'],
    datetime: [type('datetime'), new Date('2024-02-29T12:34:56.789Z'), new Date(0)],
  },
  json: { json: [type('json'), ...jsons], jsonb: [type('jsonb'), { a: [1] }, []] },
};

const own = { postgres, mariadb, sqljs };
const families = [...new Set([everywhere, postgres, mariadb, sqljs].flatMap(Object.keys))];

/** Every type of a column, with every value in a row of its own beside a row of nulls. */
export const typeSets: SetMaker[] = families.map((family) => (database: DatabaseName) => {
  const columns: Record<string, Sample> = { ...everywhere[family], ...own[database][family] };
  if (!Object.keys(columns).length) return undefined;
  const target = entityClass('Typed');
  property(target, 'id', PrimaryGeneratedColumn());
  for (const [name, [column]] of Object.entries(columns)) property(target, `${name}Value`, Column(column));
  const rows = Object.entries(columns).flatMap(([name, [, ...values]]) =>
    values.map((value) => ({ [`${name}Value`]: value })),
  );
  return {
    name: `types, ${family}`,
    entities: [target],
    managers: [{ model: target, details: rows.length + 1 }],
    fill: async (manager) => {
      for (const row of [...rows, {}]) await manager.insert(target, row);
    },
  };
});
