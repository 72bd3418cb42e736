const NAME_WIDTH = 34;

/** The figures side by side: microseconds, and how many times the last candidate's, the strictest floor there is. */
export function formatReport({ run, results, candidates }) {
  const floor = candidates.at(-1).name.replace('floor: ', '');
  const shapes = results.map(({ shape }) => shape.padStart(20));
  const units = results.map(() => cell('µs', 'x floor'));
  const lines = candidates.map(({ name, returns }, i) => {
    const cells = results.map(({ figures }) =>
      cell(microseconds(figures[i].p50), times(figures[i].p50 / figures.at(-1).p50)),
    );
    return row(name, returns, cells);
  });
  return [
    ...Object.entries(run).map(([what, is]) => `${what.padEnd(9)} ${is}`),
    '',
    `Median of a read in microseconds, and how many times it is of the floor ${floor}.`,
    '',
    row('', 'returns', shapes),
    row('', '', units),
    ...lines,
    '',
    ...queryLines(results),
    '',
  ].join('\n');
}

function queryLines(results) {
  const asking = results[0].figures.filter((_, i) => results.some(({ figures }) => figures[i].queriesPerRead > 0));
  return [
    'Queries per read (all others: 0)',
    ...asking.map(({ name }) => {
      const counts = results.map(({ shape, figures }) => {
        const { queriesPerRead } = figures.find((figure) => figure.name === name);
        return `${shape} ${Number(queriesPerRead.toFixed(2))}`;
      });
      return `  ${name.padEnd(NAME_WIDTH)}${counts.join(', ')}`;
    }),
  ];
}

function row(name, returns, cells) {
  return `${name.padEnd(NAME_WIDTH)}${returns.padEnd(9)}${cells.join('')}`;
}

const cell = (time, ratio) => time.padStart(10) + ratio.padStart(10);

const microseconds = (time) => time.toFixed(time < 100 ? 1 : 0);

const times = (ratio) => ratio.toFixed(ratio < 10 ? 2 : 0);
