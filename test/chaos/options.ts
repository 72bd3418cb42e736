import { parseArgs } from 'node:util';
import { candidateNames, type CandidateName, candidates, clients, families } from './candidates/names.js';
import { type FaultName, faultNames } from './fault-names.js';

export interface ChaosOptions {
  /** How long a fault lasts. */
  readonly seconds: number;
  readonly faults: readonly FaultName[];
  readonly candidates: readonly CandidateName[];
}

/** @throws {Error} for an option, a fault, a candidate or a client there is not */
export function parseOptions(args: string[]): ChaosOptions {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '2.5' },
      only: { type: 'string' },
      candidate: { type: 'string' },
      client: { type: 'string' },
    },
  });
  const only = listOf('only', values.only, faultNames);
  const family = listOf('candidate', values.candidate, families);
  const client = listOf('client', values.client, clients);
  const wanted = candidateNames.filter(
    (name) => family.includes(candidates[name].family) && client.includes(candidates[name].client),
  );
  if (!wanted.length)
    throw new Error('No candidate has this client, so there is nothing to run. bentocache has ioredis only.');
  const seconds = Number(values.seconds);
  if (!(seconds >= 1 && seconds <= 60)) {
    throw new Error(`--seconds is ${values.seconds}, so the run cannot start. Give 1 to 60: how long a fault lasts.`);
  }
  return { seconds, faults: only, candidates: wanted };
}

/** All of them, if nothing is said. */
function listOf<T extends string>(name: string, text: string | undefined, known: readonly T[]): readonly T[] {
  if (text === undefined) return known;
  return text.split(',').map((each) => {
    if ((known as readonly string[]).includes(each)) return each as T;
    throw new Error(
      `--${name} is ${each}, so the run cannot start. Give some of ${known.join(', ')}, with commas between.`,
    );
  });
}
