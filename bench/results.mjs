import { tableAsMarkdown } from './table.mjs';

const CHART = 'Hits of this library beside others, and how a hit grows with the rows of a list';

/** What a run has shown, in Markdown: the targets first, as they are what most readers look for. */
export function formatResults({ run, tables }) {
  const [targets, ...others] = [tables.at(-1), ...tables.slice(0, -1)];
  const machine = Object.entries(run).map(([what, is]) => `- ${what}: ${is}`);
  const parts = [
    '# Results of the bench',
    'Written by `npm run bench -- --write`; [the README](README.md) says what is measured and how to read it. One run on one machine: take the ratios, not the digits.',
    machine.join('\n'),
    `![${CHART}](results.svg)`,
    ...[targets, ...others].map(tableAsMarkdown),
  ];
  return `${parts.join('\n\n')}\n`;
}
