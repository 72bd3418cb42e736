// What the matrix prints.
const shown = [
  'nest',
  'nestjs-typeorm',
  'typeorm',
  'nestjs-cache',
  'cache-manager',
  'keyv',
  'store',
  'database',
  'modules',
  'runner',
  'node',
];
const steps = ['install', 'types', 'build', 'run'];

export function line({ combination, seconds, failed }) {
  const times = Object.entries(seconds).map(([step, time]) => `${step} ${time.toFixed(0)} s`);
  return `${failed ? 'RED ' : 'ok  '} ${combination.name.padEnd(16)} ${times.join(', ')}${failed ? `: ${failed} failed` : ''}`;
}

export function table(outcomes) {
  const header = ['combination', ...shown, ...steps, ''];
  const rows = outcomes.map(({ combination, seconds, failed }) => [
    combination.name,
    ...shown.map((column) => combination[column] ?? '-'),
    ...steps.map((step) => seconds[step]?.toFixed(0) ?? '-'),
    failed ? `${failed} failed` : 'ok',
  ]);
  const widths = header.map((_, i) => Math.max(...[header, ...rows].map((row) => row[i].length)));
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The end of what the step that failed printed. */
export function failure({ combination, failed, output }) {
  const lines = output.trim().split('\n').slice(-40);
  return [`\n${combination.name}: ${failed} failed`, ...lines.map((text) => `  ${text}`)].join('\n');
}
