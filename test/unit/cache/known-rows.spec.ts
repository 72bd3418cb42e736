import { expect, it } from 'vitest';
import { KnownRows } from '../../../lib/cache/known-rows.js';
import type { Image } from '../../../lib/journal/change.js';
import type { LoadedFootprint } from '../../../lib/journal/footprint.js';

const KEY = [['id', 'i']] as const;

function footprint(rows: readonly string[], images: Readonly<Record<string, Image>> = {}): LoadedFootprint {
  return {
    key: KEY,
    rows,
    shown: [],
    filtering: ['id', 'shelf'],
    ordering: ['score'],
    images: () => new Map(Object.entries(images)),
  };
}

/** What is known of a row, without when this process came to know of it. */
const of = (known: KnownRows, row: string, epoch = 'epoch', databases: Parameters<KnownRows['of']>[4] = []) =>
  known.of(epoch, 'article', { key: KEY }, row, databases).map(({ asOf, image }) => ({ asOf, image }));

it('columns that decide are asked for, of all that decide for any entry, and never the key', () => {
  const known = new KnownRows();
  const asked: string[][] = [];
  const asking = (filtering: readonly string[]): LoadedFootprint => ({
    ...footprint(['7']),
    filtering,
    ordering: [],
    images: (columns) => {
      asked.push([...columns]);
      return new Map();
    },
  });
  known.saw('epoch', { clock: 'article', asOf: 1 }, [asking(['id'])], []);
  known.saw('epoch', { clock: 'article', asOf: 2 }, [asking(['id', 'shelf'])], []);
  known.saw('epoch', { clock: 'article', asOf: 3 }, [asking(['id', 'deletedat'])], []);
  known.saw('epoch', { clock: 'remark', asOf: 3 }, [asking(['articleid'])], []);
  expect(asked).toEqual([['shelf'], ['shelf', 'deletedat'], ['articleid']]);
});

it('what a filter asks of all of its rows they hold', () => {
  const known = new KnownRows();
  known.saw(
    'epoch',
    { clock: 'article', asOf: 5 },
    [{ ...footprint(['7', '8']), filter: ['in', 'shelf', ['i:1']] }],
    [],
  );
  expect(of(known, '7')).toEqual([{ asOf: 5, image: { shelf: 'i:1' } }]);
  expect(of(known, '9')).toEqual([]);
});

it('what a row has held the same it has held since it was seen first, until that is long ago', () => {
  const known = new KnownRows();
  const saw = (asOf: number, image: Image) =>
    known.saw('epoch', { clock: 'article', asOf }, [footprint(['7'], { '7': image })], []);
  saw(5, { shelf: 'i:1' });
  saw(6, { shelf: 'i:1', score: 'i:3' });
  const first = [
    { asOf: 5, image: { shelf: 'i:1' } },
    { asOf: 6, image: { score: 'i:3' } },
  ];
  expect(of(known, '7')).toEqual(first);
  // What it held before it may be asked of an older entry.
  saw(7, { shelf: 'i:2' });
  expect(of(known, '7')).toEqual([...first, { asOf: 7, image: { shelf: 'i:2' } }]);
  saw(600, { shelf: 'i:2', score: 'i:3' });
  saw(601, { shelf: 'i:1' });
  // Of each column the last two.
  expect(of(known, '7')).toEqual([
    first[1],
    { asOf: 600, image: { shelf: 'i:2', score: 'i:3' } },
    { asOf: 601, image: { shelf: 'i:1' } },
  ]);
});

it('a load that was overtaken by another one says nothing', () => {
  const known = new KnownRows();
  known.saw('epoch', { clock: 'article', asOf: 6 }, [footprint(['7'], { '7': { shelf: 'i:2' } })], []);
  known.saw('epoch', { clock: 'article', asOf: 5 }, [footprint(['7'], { '7': { shelf: 'i:1', score: 'i:3' } })], []);
  expect(of(known, '7')).toEqual([{ asOf: 6, image: { shelf: 'i:2' } }]);
});

it('the counts of two histories, and rows by two keys, have nothing to do with each other', () => {
  const known = new KnownRows();
  known.saw('epoch', { clock: 'article', asOf: 6 }, [footprint(['7'], { '7': { shelf: 'i:2' } })], []);
  expect(of(known, '7', 'another')).toEqual([]);
  expect(known.of('epoch', 'article', { key: [['slug', 't']] }, '7', [])).toEqual([]);
  expect(known.of('epoch', 'article', { table: 'another', key: KEY }, '7', [])).toEqual([]);
  known.saw('another', { clock: 'article', asOf: 1 }, [footprint(['8'], { '8': { shelf: 'i:2' } })], []);
  expect(of(known, '7')).toEqual([]);
  expect(of(known, '8', 'another')).toHaveLength(1);
});

it('of more rows than there is room for the last ones are known', () => {
  const known = new KnownRows();
  const rows = Array.from({ length: 20_001 }, (_, i) => String(i));
  known.saw('epoch', { clock: 'article', asOf: 6 }, [{ ...footprint(rows), filter: ['in', 'shelf', ['i:1']] }], []);
  expect(of(known, '0')).toEqual([]);
  expect(of(known, '20000')).toHaveLength(1);
});

it('what may have changed anything leaves nothing of what was seen before it', () => {
  const known = new KnownRows();
  const database = (asOf: number) => [{ clock: 'shop', asOf }];
  const saw = (row: string, asOf: number) =>
    known.saw('epoch', { clock: 'article', asOf: 1 }, [footprint([row], { [row]: { shelf: 'i:2' } })], database(asOf));
  saw('7', 3);
  expect(of(known, '7', 'epoch', database(3))).toHaveLength(1);
  // Whoever reads has heard of it, and nobody has looked again.
  expect(of(known, '7', 'epoch', database(4))).toEqual([]);
  saw('8', 4);
  expect(of(known, '7', 'epoch', database(4))).toEqual([]);
  expect(of(known, '8', 'epoch', database(4))).toHaveLength(1);
  // Of a load that began before it.
  saw('9', 3);
  expect(of(known, '9', 'epoch', database(4))).toEqual([]);
  expect(of(known, '9', 'epoch', [{ clock: 'other', asOf: 1 }])).toEqual([]);
});

it('says when it was seen: after what this process had seen by then', () => {
  const known = new KnownRows();
  const saw = (asOf: number, shelf: string) =>
    known.saw('epoch', { clock: 'article', asOf }, [footprint(['7'], { '7': { shelf } })], []);
  saw(1, 'i:1');
  const { moment } = known;
  saw(2, 'i:2');
  const seen = known.of('epoch', 'article', { key: KEY }, '7', []);
  expect(seen.map(({ at }) => at <= moment)).toEqual([true, false]);
});

it('what an entry depends on says of which database it is', () => {
  const known = new KnownRows((clock) => clock === 'shop');
  const saw = (row: string, asOf: number) =>
    known.sawEntry(
      'epoch',
      [
        { clock: 'shop', asOf },
        { clock: 'article', asOf: 1 },
      ],
      (place) => (place === 1 ? [footprint([row], { [row]: { shelf: 'i:2' } })] : undefined),
    );
  saw('7', 3);
  expect(of(known, '7', 'epoch', [{ clock: 'shop', asOf: 3 }])).toHaveLength(1);
  saw('8', 4);
  expect(of(known, '7', 'epoch', [{ clock: 'shop', asOf: 4 }])).toEqual([]);
});
