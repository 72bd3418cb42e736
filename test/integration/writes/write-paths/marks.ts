import type { StaleCause } from '../../../../lib/index.js';
import type { Lab } from './lab.js';
import { reasonOf } from './reasons.js';
import type { Scene, WritePath } from './scene.js';

/** What became of a cached read: warm and right, kept after a look at rows, dropped as its content changed, dropped for nothing, stale. */
export type Mark = '.' | 'k' | 'd' | 'n' | 'S';

export interface Row {
  readonly path: string;
  /** Per way to run the path, one mark per observer. */
  readonly marks: Map<string, string>;
  /** Why reads were dropped for nothing, one for each. */
  readonly reasons: string[];
}

/** A cached read that answered with something else than the database. */
export interface Stale {
  readonly observer: string;
  readonly cached: string;
  readonly truth: string;
}

/** Warms every observer, writes, and reads every observer again. */
export async function markPath(
  lab: Lab,
  { observers }: Scene,
  write: () => PromiseLike<unknown>,
): Promise<{ marks: string; stale: Stale[]; reasons: string[] }> {
  await lab.reset();
  const before: string[] = [];
  for (const observer of observers) before.push(await lab.cached(observer));
  const { statements: written } = await lab.statements.during(write);
  const after: Read[] = [];
  for (const observer of observers) {
    const from = lab.events.length;
    const { result: cached, statements } = await lab.statements.during(() => lab.cached(observer));
    const told = lab.events.slice(from);
    const missed = told.find((event) => event.name === 'entry:missed');
    const isHit = !missed && told.some(({ name }) => name === 'entry:hit');
    after.push({ cached, isWarm: statements.length === 0, isHit, because: missed?.because });
  }
  const truths = await lab.truths(observers);
  const marks = after.map((read, i) => markOf(before[i]!, read, truths[i]!));
  const stale = marks.flatMap((mark, i) =>
    mark === 'S' ? [{ observer: observers[i]!.sees, cached: after[i]!.cached, truth: truths[i]! }] : [],
  );
  const reasons = after.flatMap(({ because }, i) => (marks[i] === 'n' ? [reasonOf(because, written)] : []));
  return { marks: marks.join(''), stale, reasons };
}

interface Read {
  readonly cached: string;
  /** Without a query. */
  readonly isWarm: boolean;
  readonly isHit: boolean;
  readonly because: StaleCause | undefined;
}

function markOf(before: string, { cached, isWarm, isHit }: Read, truth: string): Mark {
  if (cached !== truth) return 'S';
  // That there is no row is never cached, so asking for it is no drop.
  if (isWarm || before === 'null') return '.';
  if (isHit) return 'k';
  return before === truth ? 'n' : 'd';
}

/** The ways one path is run. */
export function waysOf(path: WritePath): ('alone' | 'in a transaction')[] {
  return path.alone ? ['alone'] : ['alone', 'in a transaction'];
}

/** One line per path, one letter per observer. */
export function table(title: string, scene: Scene, rows: readonly Row[]): string {
  const letters = scene.observers.map(({ sees }, i) => `${label(i)} ${sees}`).join(', ');
  const width = Math.max(...rows.map(({ path }) => path.length));
  const lines = rows.map(({ path, marks }) => `  ${path.padEnd(width)}  ${[...marks.values()].join('  ')}`);
  const all = rows.flatMap(({ marks }) => [...marks.values()]).join('');
  const count = (mark: Mark) => all.split(mark).length - 1;
  const reasons = new Map<string, number>();
  for (const reason of rows.flatMap((row) => row.reasons)) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const named = [...reasons]
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, times]) => `    ${String(times).padStart(4)}  ${reason}`);
  const head = scene.observers.map((_, i) => label(i)).join('');
  return [
    `${title}: ${letters}`,
    `  ${'. warm  k kept after a look  d dropped  n needlessly  S STALE'.padEnd(width)}  ${head}  ${head} (in a transaction)`,
    ...lines,
    `  ${rows.length} paths, ${all.length} cells: ${count('.')} warm, ${count('k')} kept after a look, ${count('d')} dropped, ${count('n')} needlessly, ${count('S')} STALE`,
    ...(named.length ? ['  Needlessly, because', ...named] : []),
  ].join('\n');
}

function label(index: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + index);
}
