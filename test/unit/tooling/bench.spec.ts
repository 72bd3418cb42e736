import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

type Figure = Readonly<Record<string, number>>;
type Figures = Readonly<Record<string, Readonly<Record<string, Figure>>>>;
type Results = Readonly<Record<string, Figures>>;

interface Judged {
  readonly work: string;
  readonly target: string;
  readonly figure?: number;
  readonly passes?: boolean;
}

interface Table {
  readonly title: string;
  readonly note: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

interface Task {
  readonly name: string;
  readonly cached?: boolean;
  readonly queries?: () => number;
  readonly prepare?: () => void;
  readonly run: () => Promise<unknown>;
}

interface Bench {
  readonly names: Readonly<Record<string, string>>;
  judge(results: Results): Judged[];
  tableOfTargets(judged: readonly Judged[]): Table;
  tableAsText(table: Table): string;
  tableAsMarkdown(table: Table): string;
  formatResults(results: { readonly run: Readonly<Record<string, string>>; readonly tables: readonly Table[] }): string;
  chart(results: Results): string;
  measure(
    tasks: readonly Task[],
    options: { readonly seconds: number; readonly signal: AbortSignal },
  ): Promise<Figures>;
  mustEqual(result: unknown, found: unknown, returns: string, problem: string): void;
}

/** Plain JavaScript, so that nothing is compiled between the bench and the built library. */
const files = ['names', 'targets', 'table', 'results', 'chart', 'measure', 'verify'];

let bench: Bench;

beforeAll(async () => {
  const modules = await Promise.all(
    files.map((file) => import(pathToFileURL(resolve(import.meta.dirname, '../../../bench', `${file}.mjs`)).href)),
  );
  bench = Object.assign({}, ...(modules as object[])) as Bench;
});

describe("The bench's targets", () => {
  it('are all judged by the figures of a full run', () => {
    const judged = bench.judge(results());
    expect(judged).toHaveLength(19);
    expect(judged.filter(({ passes }) => passes === undefined)).toEqual([]);
  });

  it('pass up to their bound and fail beyond it', () => {
    const detailAt = (p50: number) => bench.judge(results({ detail: p50 }))[0];
    expect(detailAt(125)).toMatchObject({ target: 'at most 1.25', figure: 1.25, passes: true });
    expect(detailAt(126)).toMatchObject({ figure: 1.26, passes: false });
  });

  it('that ask for less or more than a bound fail at it', () => {
    const [, against] = bench.judge(results({ detail: 100 }));
    expect(against).toMatchObject({ target: 'below 1', figure: 1, passes: false });
    expect(bench.judge(results()).find(({ target }) => target === 'above 1')).toMatchObject({
      figure: 1,
      passes: false,
    });
  });

  it('count what a write costs more in PINGs', () => {
    const update = bench.judge(results()).find(({ work }) => work.includes('`update`'));
    expect(update).toMatchObject({ figure: 3, passes: false });
  });

  it('are not judged where nothing was measured', () => {
    const table = bench.tableOfTargets(bench.judge({ hits: results().hits! }));
    expect(table.rows.filter((row) => row.at(-1) === 'not measured')).toHaveLength(10);
    expect(table.note).toMatch(/^\d of 9 pass/);
  });

  it('are not judged by candidates that a missing server has left out', () => {
    const { detail, ...lists } = results().hits!;
    const hits = { ...lists, detail: without(detail!, bench.names.redis!) };
    expect(bench.judge({ hits })[0]).not.toHaveProperty('passes');
  });
});

describe("The bench's tables", () => {
  const table: Table = { title: 'A hit', note: 'In steps.', columns: ['a', 'b'], rows: [['x | y', '1', '22,222']] };

  it('stand in columns in a terminal', () => {
    const [header, row] = bench.tableAsText(table).split('\n').slice(-2) as [string, string];
    expect(header.indexOf('b')).toBe(row.length - 1);
  });

  it('are Markdown in the results, the targets first', () => {
    const targets = { ...table, title: 'Targets' };
    const text = bench.formatResults({ run: { node: '20' }, tables: [table, targets] });
    expect(text).toContain('- node: 20');
    expect(text).toContain('|  | a | b |\n|---|--:|--:|\n| x \\| y | 1 | 22,222 |');
    expect(text.indexOf('## Targets')).toBeLessThan(text.indexOf('## A hit'));
  });
});

describe("The bench's chart", () => {
  it('has a bar for everybody in each group, ten times as much one step longer', () => {
    const svg = bench.chart(results({ detail: 1_000 }));
    const bars = [...svg.matchAll(/<rect class="bar (\w+)"[^>]* width="([\d.]+)"/g)];
    expect(bars).toHaveLength(30);
    const [floor, redis] = ['floor', 'redis'].map((kind) => Number(bars.find((bar) => bar[1] === kind)?.[2]));
    const ticks = [...svg.matchAll(/<line class="grid" x1="([\d.]+)" y1="60"/g)].map(([, x]) => Number(x));
    expect(redis! - floor!).toBeCloseTo(ticks[1]! - ticks[0]!, 0);
  });

  it('has a line over all sizes for each of six, and no place that is no number', () => {
    const svg = bench.chart(results());
    expect(
      [...svg.matchAll(/<polyline [^>]*points="([^"]+)"/g)].map(([, points]) => points!.split(' ').length),
    ).toEqual(Array(6).fill(5));
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('has colours for light and dark pages', () => {
    expect(bench.chart(results())).toContain('@media (prefers-color-scheme: dark)');
  });
});

describe('Measuring', () => {
  const options = { seconds: 0.05, signal: new AbortController().signal };

  it('ends when a cache asks the database', async () => {
    let count = 0;
    const asking = { name: 'a cache', cached: true, queries: () => count, run: async () => void count++ };
    await expect(bench.measure([asking], options)).rejects.toThrow(/a cache asked the database/);
  });

  it('does not count what is prepared', async () => {
    let count = 0;
    const prepared = { name: 'a cache', cached: true, queries: () => count, prepare: () => void count++, run: nothing };
    await expect(bench.measure([prepared], options)).resolves.toHaveProperty(['a cache', 'queriesPerRun'], 0);
  });

  it('ends when it is interrupted', async () => {
    const signal = AbortSignal.abort(new Error('interrupted by SIGINT'));
    await expect(bench.measure([{ name: 'a cache', run: nothing }], { ...options, signal })).rejects.toThrow('SIGINT');
  });
});

describe('Verifying', () => {
  class Row {
    constructor(
      readonly id: number,
      readonly at = new Date(id),
    ) {}
  }
  const found = [new Row(1), new Row(2)];
  const verifies = (result: unknown, returns: string) => () => bench.mustEqual(result, found, returns, 'differs');

  it('takes the same rows in any order', () => {
    expect(verifies(found.toReversed(), 'entities')).not.toThrow();
  });

  it('takes no plain objects for entities', () => {
    const plain: unknown = JSON.parse(JSON.stringify(found));
    expect(verifies(plain, 'entities')).toThrow('differs');
    expect(verifies(plain, 'plain')).not.toThrow();
  });

  it('takes nothing for frozen that is not, and what is for equal', () => {
    expect(verifies(found, 'frozen')).toThrow('differs');
    expect(verifies(Object.freeze([...found]), 'frozen')).not.toThrow();
    expect(verifies(Object.freeze([new Row(1), new Row(3)]), 'frozen')).toThrow('differs');
  });
});

const nothing = () => Promise.resolve();

/** As of a full run in which everything takes 100 µs, but for our detail. */
function results({ detail = 100 } = {}): Results {
  const { names } = bench;
  const all = [...Object.values(names), 'TypeORM cache: true (ioredis)'];
  const same = Object.fromEntries(all.map((name) => [name, { p50: 100, perSecond: 1_000 }]));
  const alike = (...parts: readonly string[]) => Object.fromEntries(parts.map((part) => [part, same]));
  const write = { [names.typeorm!]: { p50: 1_000 }, [names.near!]: { p50: 1_300 }, PING: { p50: 100 } };
  const clear = { 'clearCacheList()': { p50: 100 } };
  return {
    hits: {
      detail: { ...same, [names.redis!]: { p50: detail } },
      ...alike('list 100', 'list 1000'),
    },
    growth: alike('1 row', '10 rows', '100 rows', '1,000 rows', '10,000 rows'),
    misses: alike('detail'),
    writes: { 'update by id': write, 'save in a transaction': write },
    readers: alike('details'),
    getMany: alike('get(1)', 'getMany(100)'),
    clears: { '1,000 entries': clear, '1,000,000 entries': clear },
    boot: { boot: { 'with QsCacheModule': { ms: 150 }, without: { ms: 100 } } },
  };
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([each]) => each !== name));
}
