import type { StaleCause } from '../../../../lib/index.js';

/** Of the longest names that tell one kind of statement from another. */
const TELLING =
  /ON CONFLICT|ON DUPLICATE KEY|\bJOIN\b|\bUSING\b|\bSELECT\b|\bIGNORE\b|\bREPLACE\b|\bMERGE\b|\bTRUNCATE\b/gi;

/** Why a read was dropped whose content has not changed, as the event says, and the statement that was written. */
export function reasonOf(because: StaleCause | undefined, written: readonly string[]): string {
  if (!because) return 'the event does not say';
  const { table: clock, action, columns = [], unsaid } = because;
  const table = clock.slice(clock.lastIndexOf('.') + 1);
  const change = `${action} of ${table}${columns.length ? ` (${columns.join()})` : ''}`;
  switch (unsaid) {
    case 'write':
      return `nothing is told of ${table}: ${deedOf(table, written)}`;
    case 'entry':
      return table.startsWith('wp_')
        ? `any write to ${table} counts to the entry: ${deedOf(table, written)}`
        : `a statement nobody can place: ${written.map(shape).join('; ')}`;
    case 'rows':
      return `the text does not name the rows: ${change}`;
    default:
      return `too little is known of the row: ${change}`;
  }
}

function deedOf(table: string, written: readonly string[]): string {
  const statements = written.filter((text) => text.toLowerCase().includes(table) && !/^\s*SELECT/i.test(text));
  return [...new Set(statements.map(shape))].join('; ') || `it follows ${written.map(shape).join('; ')}`;
}

/** `INSERT … ON CONFLICT`. */
function shape(text: string): string {
  const [verb = ''] = /[a-z]+/i.exec(text.replace(/^\/\*.*?\*\//, '')) ?? [];
  const more = text.match(TELLING)?.map((each) => each.toUpperCase()) ?? [];
  return [...new Set([verb.toUpperCase(), ...more])].join(' … ');
}
