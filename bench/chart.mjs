import { names } from './names.mjs';

// Two panels side by side, on scales of powers of ten. Whoever looks at it may have a light or a dark page behind it.

const WIDTH = 1_120;
const HEIGHT = 590;

const BARS = [
  [names.typeorm, 'peer'],
  ['TypeORM cache: true (ioredis)', 'peer'],
  [names.wrap, 'peer'],
  [names.bentoRedis, 'peer'],
  [names.bentoTiered, 'peer'],
  [names.floor, 'floor'],
  [names.redis, 'redis'],
  [names.near, 'near'],
  [names.tracking, 'tracking'],
  [names.memory, 'memory'],
];
const LINES = [
  [names.typeorm, 'peer'],
  [names.floor, 'floor'],
  [names.redis, 'redis'],
  [names.near, 'near'],
  [names.tracking, 'tracking'],
  [names.memory, 'memory'],
];

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .quiet { fill: #59636e }
  .grid { stroke: #d1d9e0 }
  .peer { fill: #8c959f; stroke: #8c959f }
  .floor { fill: #bf8700; stroke: #bf8700 }
  .redis { fill: #0969da; stroke: #0969da }
  .near { fill: #8250df; stroke: #8250df }
  .tracking { fill: #bf3989; stroke: #bf3989 }
  .memory { fill: #1a7f37; stroke: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .quiet { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .peer { fill: #818b98; stroke: #818b98 }
    .floor { fill: #d29922; stroke: #d29922 }
    .redis { fill: #4493f8; stroke: #4493f8 }
    .near { fill: #ab7df8; stroke: #ab7df8 }
    .tracking { fill: #db61a2; stroke: #db61a2 }
    .memory { fill: #3fb950; stroke: #3fb950 }
  }
  .bar, .dot { stroke: none }
  .line { fill: none; stroke-width: 2.5 }
`;

/** An SVG of the sections `hits` and `growth`. */
export function chart({ hits, growth }) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Hits beside others, and how a hit grows">`,
    `<style>${STYLE}</style>`,
    ...bars(hits),
    ...lines(growth),
    '</svg>\n',
  ].join('\n');
}

/** For each shape one bar for each candidate, longer by as much for every tenfold. */
function bars(hits) {
  const [left, right, top] = [215, 560, 84];
  const [thickness, gap] = [14, 30];
  const groups = Object.entries(hits);
  const scale = scaleOf(
    groups.flatMap(([, figures]) => BARS.map(([name]) => figures[name].p50)),
    left,
    right,
  );
  const height = groups.length * (BARS.length * thickness + gap) - gap;
  const parts = [
    text(20, 26, 'A hit beside others: microseconds, shorter is faster', 'title'),
    ...scale.ticks.flatMap((tick) => [
      line(scale.at(tick), top - 24, scale.at(tick), top + height),
      text(scale.at(tick), top - 30, tick.toLocaleString('en'), 'quiet', 'middle'),
    ]),
  ];
  groups.forEach(([shape, figures], group) => {
    const first = top + group * (BARS.length * thickness + gap);
    parts.push(text(left, first - 7, shape, 'title'));
    BARS.forEach(([name, kind], i) => {
      const y = first + i * thickness;
      const x = scale.at(figures[name].p50);
      parts.push(
        text(left - 6, y + 10, name.replace('floor: ', ''), kind === 'peer' ? 'quiet' : '', 'end'),
        `<rect class="bar ${kind}" x="${left}" y="${y}" width="${round(x - left)}" height="${thickness - 2}"/>`,
        text(x + 4, y + 10, figure(figures[name].p50), 'quiet'),
      );
    });
  });
  return parts;
}

/** A line for each candidate over the sizes, both axes growing by tenfolds. */
function lines(growth) {
  const [left, right, top, bottom] = [680, 930, 62, 490];
  const parts = Object.entries(growth);
  const scale = scaleOf(
    parts.flatMap(([, figures]) => LINES.map(([name]) => figures[name].p50)),
    bottom,
    top,
  );
  const x = (i) => left + (i * (right - left)) / (parts.length - 1);
  const drawn = [
    text(610, 26, 'How a hit grows with its rows: microseconds', 'title'),
    ...scale.ticks.flatMap((tick) => [
      line(left, scale.at(tick), right, scale.at(tick)),
      text(left - 8, scale.at(tick) + 4, tick.toLocaleString('en'), 'quiet', 'end'),
    ]),
    ...parts.map(([part], i) => text(x(i), bottom + 22, part.replace(/ rows?$/, ''), 'quiet', 'middle')),
    text((left + right) / 2, bottom + 42, 'rows', 'quiet', 'middle'),
  ];
  const ends = LINES.map(([name]) => scale.at(parts.at(-1)[1][name].p50));
  const labels = apart(ends, 17);
  LINES.forEach(([name, kind], i) => {
    const points = parts.map(([, figures], at) => [x(at), scale.at(figures[name].p50)].map(round));
    drawn.push(
      `<polyline class="line ${kind}" points="${points.map((point) => point.join(',')).join(' ')}"/>`,
      ...points.map(([cx, cy]) => `<circle class="dot ${kind}" cx="${cx}" cy="${cy}" r="3.5"/>`),
      `<circle class="dot ${kind}" cx="${right + 16}" cy="${round(labels[i])}" r="5"/>`,
      text(right + 26, labels[i] + 4, name.replace('floor: ', '')),
    );
  });
  return drawn;
}

/** From below the least to no less than the most, with a tick for every power of ten. */
function scaleOf(values, from, to) {
  const first = Math.ceil(Math.log10(Math.min(...values))) - 1;
  const last = Math.ceil(Math.log10(Math.max(...values)));
  return {
    ticks: Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i)),
    at: (value) => round(from + ((Math.log10(value) - first) / (last - first)) * (to - from)),
  };
}

/** Moved down until no two are closer than that. */
function apart(places, distance) {
  const moved = [...places];
  const order = places.map((_, i) => i).toSorted((a, b) => places[a] - places[b]);
  order.forEach((i, rank) => {
    if (rank > 0) moved[i] = Math.max(moved[i], moved[order[rank - 1]] + distance);
  });
  return moved;
}

function text(x, y, words, kind = '', anchor = 'start') {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${round(x)}" y="${round(y)}" class="${kind}" text-anchor="${anchor}">${escaped}</text>`;
}

const line = (x1, y1, x2, y2) => `<line class="grid" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;

const figure = (time) => (time < 100 ? time.toFixed(1) : Math.round(time).toLocaleString('en'));

const round = (number) => Math.round(number * 10) / 10;
