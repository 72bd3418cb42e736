import type { StaleCause } from '../../../../lib/index.js';

/** Of the longest names that tell one kind of statement from another. */
const TELLING =
  /ON CONFLICT|ON DUPLICATE KEY|\bJOIN\b|\bUSING\b|\bSELECT\b|\bIGNORE\b|\bREPLACE\b|\bMERGE\b|\bTRUNCATE\b/gi;

/** There is no reason. */
export const UNSAID = 'the event does not say';

/** Why a read was dropped whose content has not changed, as the event says, and the statement that was written. */
export function reasonOf(because: StaleCause | undefined, written: readonly string[]): string {
  if (!because) return UNSAID;
  const { table: clock, action, columns = [], unsaid } = because;
  const table = clock.slice(clock.lastIndexOf('.') + 1);
  const change = `${action} of ${table}${columns.length ? ` (${columns.join()})` : ''}`;
  switch (unsaid) {
    case 'write':
      return `nothing is told of ${table}: ${deedOf(table, written)}`;
    case 'entry':
      return table.startsWith('wp_')
        ? `any write to ${table} counts to the entry: ${deedOf(table, written)}`
        : `a statement nobody can place: ${shapes(written)}`;
    case 'rows':
      return `the text does not name the rows: ${change}`;
    default:
      return `too little is known of the row: ${change}`;
  }
}

function deedOf(table: string, written: readonly string[]): string {
  const statements = written.filter((text) => text.toLowerCase().includes(table));
  return shapes(statements) || `it follows ${shapes(written)}`;
}

/** Without those that only read, or begin and end a transaction. */
function shapes(texts: readonly string[]): string {
  const deeds = texts.map(shape).filter((text) => !/^(SELECT|SHOW|BEGIN|START|COMMIT|ROLLBACK)( |$)/.test(text));
  return [...new Set(deeds)].join('; ');
}

/** `INSERT … ON CONFLICT`. */
function shape(text: string): string {
  const [verb = ''] = /[a-z]+/i.exec(text.replace(/^\/\*.*?\*\//, '')) ?? [];
  const more = text.match(TELLING)?.map((each) => each.toUpperCase()) ?? [];
  return [...new Set([verb.toUpperCase(), ...more])].join(' … ');
}
