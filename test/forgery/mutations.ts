import { crc32 } from 'node:zlib';
import type { Random } from '../soak/random.js';

/** Whatever JSON can say, as far as somebody may have put it there on purpose. */
const odd: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1,
  2,
  0.5,
  -0,
  1e9,
  1e300,
  2 ** 53,
  '',
  '0',
  'NaN',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(300),
  '0:0,',
  '0:0,1,',
  '1:0u,',
  [],
  [[]],
  [null],
  [0],
  {},
  { length: 1e9 },
  { $: 1 },
  { $: [] },
  { $: ['many', []] },
  { $: ['one', 0] },
  { $: ['date', 'NaN'] },
  { $: ['buffer', { length: 1e9 }] },
  { $: ['data', { $: ['data', 1] }] },
  { then: 1, toJSON: 1 },
  JSON.parse('{"__proto__":{"role":"admin"}}'),
  JSON.parse('['.repeat(2_000) + ']'.repeat(2_000)),
  'plain',
  'json',
  'data',
  'one',
  'many',
  'date',
  'bigint',
  'number',
  'buffer',
  'bytes',
  'undefined',
  'transformed',
  'list',
  'detail',
  'qs5',
  'date+1000',
  '0:0, plain',
  '0:0,1, plain one 1',
];

interface Place {
  readonly of: Record<PropertyKey, unknown>;
  readonly key: PropertyKey;
}

/** One entry as somebody might have left it, who may know how checksums are made. */
export function mutated(random: Random, entry: string, others: readonly string[]): string {
  const [header, payload] = split(entry);
  const [otherHeader, otherPayload] = split(random.pick(others));
  switch (random.between(0, 9)) {
    case 0:
      return byBytes(random, entry);
    case 1:
      return joined(random, otherHeader, payload);
    case 2:
      return joined(random, header, otherPayload);
    case 3:
    case 4:
      return joined(random, byNodes(random, header, otherHeader), random.chance(0.5) ? payload : otherPayload);
    default:
      return joined(
        random,
        header,
        random.chance(0.15) ? byBytes(random, payload) : byNodes(random, payload, otherPayload),
      );
  }
}

/** With a checksum that is right, mostly. */
function joined(random: Random, header: string, payload: string): string {
  const claimed = random.chance(0.05) ? header : header.replace(/\d+(?=\]$)/, String(crc32(payload)));
  return `${claimed}\n${payload}`;
}

function split(entry: string): [header: string, payload: string] {
  const end = entry.indexOf('\n');
  return [entry.slice(0, end), entry.slice(end + 1)];
}

/** Characters changed, left out, doubled, or put elsewhere. */
function byBytes(random: Random, text: string): string {
  let result = text;
  for (let left = random.between(1, 3); left > 0; left--) {
    const [at, to] = [random.between(0, result.length), random.between(0, result.length)].sort((a, b) => a - b);
    const piece = result.slice(at, Math.min(to!, at! + 20));
    const put = random.pick(['', '0', '9', '"', ',', ']', '[', '\0', '\n', '\ud800', piece + piece, piece]);
    result = result.slice(0, at) + put + result.slice(random.chance(0.5) ? at! + piece.length : at);
  }
  return result;
}

/** Nodes of JSON swapped, replaced, left out, doubled, many times over. */
function byNodes(random: Random, text: string, other: string): string {
  let root: unknown;
  let donor: unknown;
  try {
    root = JSON.parse(text);
    donor = JSON.parse(other);
  } catch {
    return byBytes(random, text);
  }
  const holder = { root };
  for (let left = random.between(1, 3); left > 0; left--) {
    const places = placesIn(holder);
    const { of, key } = random.pick(places);
    const from = random.pick(places);
    switch (random.between(0, 7)) {
      case 0:
        [of[key], from.of[from.key]] = [copyOf(from.of[from.key]), copyOf(of[key])];
        break;
      case 1: {
        const given = random.pick(placesIn({ root: donor }));
        of[key] = copyOf(given.of[given.key]);
        break;
      }
      case 2:
        if (Array.isArray(of)) of.splice(Number(key), 1);
        else if (of !== holder) delete of[key];
        break;
      case 3:
        if (Array.isArray(of)) of.splice(Number(key), 0, copyOf(of[key]));
        break;
      case 4:
        if (Array.isArray(of[key]))
          for (let n = random.between(1, 60); n > 0; n--)
            (of[key] as unknown[]).push(copyOf((of[key] as unknown[])[0]));
        break;
      case 5:
        if (typeof of[key] === 'number') (of[key] as number) += random.pick([-1, 1, 0.5, 1e6, 2 ** 31]);
        break;
      default:
        of[key] = copyOf(random.pick(odd));
    }
  }
  return JSON.stringify(holder.root) ?? 'null';
}

function placesIn(holder: object): Place[] {
  const places: Place[] = [];
  const walk = (of: Record<PropertyKey, unknown>) => {
    for (const key of Object.keys(of)) {
      places.push({ of, key });
      const value = of[key];
      if (typeof value === 'object' && value !== null && places.length < 3_000) walk(value as Record<string, unknown>);
    }
  };
  walk(holder as Record<string, unknown>);
  return places;
}

const copyOf = (value: unknown): unknown => (value === undefined ? null : JSON.parse(JSON.stringify(value)));
