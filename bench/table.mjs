const NAME_WIDTH = 38;
const GAP = 2;

/** A table has a title, a note, its columns, and rows whose first cell is a name. For a terminal. */
export function tableAsText({ title, note, columns, rows }) {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i + 1].length)) + GAP);
  const nameWidth = Math.max(NAME_WIDTH, ...rows.map(([name]) => name.length));
  const line = ([name, ...cells]) => name.padEnd(nameWidth) + cells.map((cell, i) => cell.padStart(widths[i])).join('');
  return [title, note, '', line(['', ...columns]), ...rows.map(line)].filter((part) => part !== undefined).join('\n');
}

/** The same in Markdown. */
export function tableAsMarkdown({ title, note, columns, rows }) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const table = [line(['', ...columns]), `|---|${'--:|'.repeat(columns.length)}`, ...rows.map(line)];
  return [`## ${title}`, note, table.join('\n')].filter((part) => part !== undefined).join('\n\n');
}

export const microseconds = (time) => (time < 100 ? time.toFixed(1) : Math.round(time).toLocaleString('en'));

export const times = (ratio) => ratio.toFixed(ratio < 10 ? 2 : 0);
