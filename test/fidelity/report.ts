import type { DatabaseName } from './entity-set.js';
import type { Result } from './run.js';

/** What all sets showed, on every database. */
export type Results = ReadonlyMap<DatabaseName, readonly Result[]>;

/** Failures told of one set, unless all are wanted. */
const TOLD = 2;

/** A line for each set and database, then what failed, what is not cached and where TypeORM disagrees with itself. */
export function report(results: Results, all: boolean): string {
  return [...table(results), '', ...failures(results, all), ...uncached(results), ...disagreements(results, all)].join(
    '\n',
  );
}

function table(results: Results): string[] {
  const rows = [['set', 'database', 'compared', 'equal', 'in another order', 'not cached', 'failures']];
  const total = new Map<string, number[]>();
  for (const [database, found] of results) {
    for (const set of new Set(found.map(({ set: name }) => name))) {
      const tallies = found.filter((result) => result.set === set).map(({ tally }) => tally);
      const numbers = [
        sum(tallies.map(({ compared }) => compared)),
        sum(tallies.map(({ compared, unequal }) => compared - unequal)),
        sum(tallies.map(({ reordered }) => reordered)),
        sum(tallies.flatMap((tally) => [...tally.uncached.values()])),
        sum(tallies.map((tally) => tally.failures.length)),
      ];
      rows.push([set, database, ...numbers.map(String)]);
      for (const { store, tally } of found.filter((result) => result.set === set)) {
        const key = `all sets, ${store}|${database}`;
        const before = total.get(key) ?? [0, 0, 0, 0, 0];
        const more = [
          tally.compared,
          tally.compared - tally.unequal,
          tally.reordered,
          sum([...tally.uncached.values()]),
          tally.failures.length,
        ];
        total.set(
          key,
          before.map((number, i) => number + more[i]!),
        );
      }
    }
  }
  for (const [key, numbers] of total) rows.push([...key.split('|'), ...numbers.map(String)]);
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
}

function failures(results: Results, all: boolean): string[] {
  const lines: string[] = [];
  for (const [where, found] of bySet(results)) {
    const failed = found.flatMap(({ store, tally }) => tally.failures.map((failure) => ({ store, ...failure })));
    if (!failed.length) continue;
    lines.push(`failed: ${where}, ${failed.length} times`);
    for (const { store, where: read, what } of failed.slice(0, all ? Infinity : TOLD)) {
      lines.push(`  ${store}, ${read}: ${what}`);
    }
  }
  return lines;
}

function uncached(results: Results): string[] {
  const lines: string[] = [];
  for (const [where, found] of bySet(results)) {
    const reasons = new Map<string, number>();
    for (const { tally } of found) {
      for (const [reason, count] of tally.uncached) reasons.set(reason, (reasons.get(reason) ?? 0) + count);
    }
    for (const [reason, count] of reasons) {
      const why = found[0]?.reasons.get(reason) ?? 'nobody said why';
      lines.push(`not cached: ${where}, ${count} reads, ${reason}: ${why}`);
    }
  }
  return lines;
}

function disagreements(results: Results, all: boolean): string[] {
  const lines: string[] = [];
  let count = 0;
  for (const [where, found] of bySet(results)) {
    const [first, ...more] = found.flatMap(({ tally }) => tally.disagreements);
    if (!first) continue;
    count += 1 + more.length;
    if (all) lines.push(`relationLoadStrategy: ${where}, ${first.where}: with 'query', ${first.what}`);
  }
  if (count)
    lines.push(
      `TypeORM's own relationLoadStrategy 'query' differs from 'join' in ${count} reads; the reference is 'join'.`,
    );
  return lines;
}

function bySet(results: Results): Map<string, Result[]> {
  const found = new Map<string, Result[]>();
  for (const [database, list] of results) {
    for (const result of list) {
      const key = `${result.set} (${database})`;
      found.set(key, [...(found.get(key) ?? []), result]);
    }
  }
  return found;
}

export function failureCount(results: Results): number {
  return sum([...results.values()].flat().map(({ tally }) => tally.failures.length));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
