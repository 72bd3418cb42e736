import { randomUUID } from 'node:crypto';
import { type CandidateName, candidates } from './candidates/names.js';
import { Member } from './crew.js';
import { createDatabases } from './database.js';
import { figuresOf } from './figures.js';
import { parseOptions } from './options.js';
import { legend, type Line, table } from './report.js';
import { type Cast, playRound, type RoundOptions } from './round.js';
import { WORKERS } from './settings.js';
import { missesOf } from './verdict.js';

// npm run chaos [-- --only black-hole --candidate ours --client ioredis --seconds 2.5]: see CONTRIBUTING.md

const options = parseOptions(process.argv.slice(2));
const databaseUrl = urlOf('QSCACHE_TEST_POSTGRES_URL');
const run = `qscache_chaos_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
const databaseNames = options.candidates.map((_, i) => `${run}_${i}`);
const casts = new Map<string, Cast>();
const lines: Line[] = [];
const misses: string[] = [];
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (interrupted = true));

const drop = await createDatabases(databaseUrl, databaseNames);
try {
  for (const fault of options.faults) {
    for (const pair of pairs(options.candidates)) {
      if (interrupted) break;
      const played = await Promise.all(
        pair.map((candidate, lane) => {
          const databaseName = databaseNames[options.candidates.indexOf(candidate)]!;
          return play(
            { fault, candidate, seconds: options.seconds, databaseUrl, databaseName },
            castOf(candidate, lane),
          );
        }),
      );
      lines.push(...played);
    }
  }
  console.log(`${table(lines)}\n\n${legend}`);
  for (const miss of misses) console.log(`failed: ${miss}`);
  process.exitCode = misses.length ? 1 : 0;
} finally {
  await Promise.all(
    [...casts.values()].flatMap(({ workers, closer }) => [...workers, closer]).map((member) => member.end()),
  );
  await drop();
}

async function play(round: RoundOptions, cast: Cast): Promise<Line> {
  const { fault, candidate } = round;
  const name = `${fault}, ${candidate}`;
  try {
    const figures = figuresOf(await playRound(round, cast));
    const found = missesOf(round, figures);
    misses.push(...found.map((miss) => `${name}: ${miss}`));
    console.error(`${name}: ${found.length ? 'failed' : 'done'}`);
    return { round, figures };
  } catch (error) {
    // Of a peer that cannot even begin, that is what there is to tell; of ours it is a miss.
    const reason = String(error).split('\n')[0]!;
    if (candidates[candidate].family === 'ours') misses.push(`${name}: ${reason}`);
    console.error(`${name}: ${reason}`);
    return { round, figures: reason };
  }
}

/** Two at a time: what one leaves of the machine is enough for another. */
function pairs(names: readonly CandidateName[]): CandidateName[][] {
  return Array.from({ length: Math.ceil(names.length / 2) }, (_, i) => names.slice(2 * i, 2 * i + 2));
}

/** Ours has processes of its own: what others leave behind is not to be found in them. */
function castOf(candidate: CandidateName, lane: number): Cast {
  const key = `${candidates[candidate].family === 'ours' ? 'ours' : 'others'} ${lane}`;
  const cast = casts.get(key) ?? { workers: Array.from({ length: WORKERS }, () => new Member()), closer: new Member() };
  casts.set(key, cast);
  return cast;
}

function urlOf(variable: string): string {
  const url = process.env[variable];
  if (url) return url;
  const reason = process.env[`${variable}_SKIPPED`] ?? 'it is not set';
  throw new Error(`The chaos run needs ${variable}, and there is none: ${reason}. Set it to the URL of a server.`);
}
