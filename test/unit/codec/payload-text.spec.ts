import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CorruptPayloadError } from '../../../lib/codec/payload-errors.js';
import { parsePayload, payloadText } from '../../../lib/codec/payload-text.js';
import type { Payload } from '../../../lib/codec/payload.js';

const DAY = 86_400_000;
/** Further from 1970 there is no date. */
const LAST = 8_640_000_000_000_000;

const dates = (...cells: readonly (number | string | null)[]): Payload => [
  [cells.length, [['0:0,', ['date'], [cells], []]]],
];

describe('A payload as text', () => {
  it.each<[string, Payload, string]>([
    ['no rows', [[0, []]], '[[0]]'],
    ['one row', [[1, [['0:0,1,', ['plain', 'json'], [[1], [[2]]], []]]]], '[[1,"0:0,1, plain json",1,[2]]]'],
    [
      'rows and what they refer to',
      [
        [
          2,
          [
            [
              '0:0,4,',
              ['plain', 'one'],
              [
                [1, 2],
                [0, 0],
              ],
              [1],
            ],
          ],
        ],
        [1, [['0:0,', ['plain'], [[7]], []]]],
      ],
      '[[2,"0:0,4, plain one 1",[1,2],[0,0]],[1,"0:0, plain",7]]',
    ],
    [
      'rows of several layouts',
      [
        [
          [0, 1, 0],
          [
            ['0:0,', ['plain'], [[1, 3]], []],
            ['0:', [], [], []],
          ],
        ],
      ],
      '[[[0,1,0],["0:0, plain",[1,3]],["0:"]]]',
    ],
    ['few dates', dates(0, DAY, 2 * DAY), '[[3,"0:0, date",[0,86400000,172800000]]]'],
    ['many dates', dates(DAY, 0, null, 3 * DAY), '[[4,"0:0, date+86400000",[0,1,0,null,3]]]'],
    ['dates before 1970', dates(-1_000, -3_000, -2_000, -3_000), '[[4,"0:0, date+1000",[-3000,2,0,1,0]]]'],
    ['dates of one moment', dates(5, 5, 5, 5), '[[4,"0:0, date+86400000",[5,0,0,0,0]]]'],
    ['dates some of which are none', dates(0, 'NaN', 1, 2), '[[4,"0:0, date",[0,"NaN",1,2]]]'],
    ['no dates at all', dates(null, null, null, null), '[[4,"0:0, date",[null,null,null,null]]]'],
    [
      'dates that are further from each other than a number tells one by one',
      dates(-LAST, LAST - 1, 0, 1),
      `[[4,"0:0, date",[${-LAST},${LAST - 1},0,1]]]`,
    ],
  ])('says %s, and says so again', (_, payload, text) => {
    expect(payloadText(payload)).toBe(text);
    expect(parsePayload(text)).toEqual(payload);
    // Heads are remembered.
    expect(parsePayload(text)).toEqual(payload);
  });

  it('says all dates there can be', () => {
    const time = fc.oneof(
      fc.integer({ min: -LAST, max: LAST }),
      fc.integer({ min: -1e8, max: 1e8 }).map((days) => days * DAY),
      fc.constantFrom(null, 'NaN', -LAST, LAST, 0),
    );
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 12 }), (cells) => {
        expect(parsePayload(payloadText(dates(...cells)))).toEqual(dates(...cells));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is told apart although its heads begin alike, and whatever was read before', () => {
    for (let i = 0; i < 2_500; i++) {
      const layout = `0:${i},`;
      const [[, blocks]] = parsePayload(`[[1,"${layout} ${i % 2 ? 'plain' : 'date'}",${i}]]`) as [Payload[number]];
      expect(blocks).toEqual([[layout, [i % 2 ? 'plain' : 'date'], [[i]], []]]);
    }
    expect(() => parsePayload('[[1,"0:0, plainer",1]]')).toThrow(CorruptPayloadError);
  });
});
