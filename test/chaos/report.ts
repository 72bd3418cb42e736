import type { Figures } from './figures.js';
import type { Stale } from './judge.js';
import type { Quantiles } from './quantiles.js';
import type { RoundRecord } from './round.js';

export interface Line {
  readonly round: Pick<RoundRecord, 'fault' | 'candidate'>;
  /** A text says why there are none. */
  readonly figures: Figures | string;
}

const columns: readonly (readonly [title: string, cell: (figures: Figures) => string])[] = [
  ['requests', ({ requests }) => String(requests)],
  ['failed', ({ failed, excused }) => (excused ? `${failed} (+${excused} db)` : String(failed))],
  ['no cache', ({ baseline }) => pair(baseline, '')],
  ['first 20', ({ first }) => pair(first, '+')],
  ['later', ({ later }) => pair(later, '+')],
  ['writes', ({ writes }) => String(writes)],
  ['write ms', ({ writeMs }) => pair(writeMs, '')],
  ['debts', debts],
  ['stale unheard', ({ judgement }) => stale(judgement.unheard)],
  ['stale healed', ({ judgement }) => stale(judgement.healed)],
  ['unhandled', ({ unhandled }) => String(unhandled.length)],
  ['MB', ({ grownMb }) => signed(grownMb)],
  ['close ms', ({ closeMs }) => (closeMs === Infinity ? 'never' : closeMs.toFixed(0))],
];

/** One table of all rounds. Under each fault its candidates. */
export function table(lines: readonly Line[]): string {
  const head = ['fault', 'candidate', ...columns.map(([title]) => title)];
  const rows = lines.map(({ round, figures }, i) => [
    lines[i - 1]?.round.fault === round.fault ? '' : round.fault,
    round.candidate,
    ...(typeof figures === 'string' ? [figures] : columns.map(([, cell]) => cell(figures))),
  ]);
  // A text instead of figures is as wide as it likes.
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => (row.length === head.length || i < 2 ? (row[i]?.length ?? 0) : 0))),
  );
  const format = (row: readonly string[]) =>
    row
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [format(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(format)].join('\n');
}

/** How the columns are to be read. */
export const legend = [
  'no cache, first 20, later, write ms: p50/p99 in milliseconds; first 20 and later as what reads of the fault took more than without a cache.',
  'debts: events of debts made/paid; a payment pays many. stale: of what the process had written itself/of what others had; healed counts towards the exit code of ours.',
  'MB: memory gained by the process that gained most. close ms: an application that closes during the fault.',
].join('\n');

function pair({ p50, p99 }: Quantiles, sign: string): string {
  const text = (value: number) =>
    Number.isFinite(value) ? `${value >= 0 ? sign : ''}${value.toFixed(1)}` : Number.isNaN(value) ? '-' : 'never';
  return `${text(p50)}/${text(p99)}`;
}

/** Made and paid, then what is out of the ordinary. */
function debts({ debtsMade, debtsPaid, debtsLost, owing }: Figures): string {
  return `${debtsMade}/${debtsPaid}${debtsLost ? ` ${debtsLost} lost` : ''}${owing ? ` ${owing} owing` : ''}`;
}

const stale = ({ own, others }: Stale): string => `${own}/${others}`;

const signed = (value: number): string => `${value >= 0 ? '+' : ''}${value.toFixed(0)}`;
