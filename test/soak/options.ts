import { parseArgs } from 'node:util';
import { type Fault, faults } from './faults.js';

const kinds = ['postgres', 'mariadb'] as const;
export type DatabaseKind = (typeof kinds)[number];

export interface SoakOptions {
  readonly seconds: number;
  readonly database: DatabaseKind;
  readonly fault: Fault | undefined;
  readonly seed: number;
}

export function parseOptions(args: string[]): SoakOptions {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '60' },
      database: { type: 'string', default: 'postgres' },
      break: { type: 'string' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    },
  });
  return {
    seconds: numberOf('seconds', values.seconds),
    database: oneOf('database', values.database, kinds),
    fault: values.break === undefined ? undefined : oneOf('break', values.break, faults),
    seed: numberOf('seed', values.seed),
  };
}

function numberOf(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`--${name} is ${text}, so the soak cannot start. Give a whole number.`);
}

function oneOf<T extends string>(name: string, text: string, known: readonly T[]): T {
  if ((known as readonly string[]).includes(text)) return text as T;
  throw new Error(`--${name} is ${text}, so the soak cannot start. Give one of ${known.join(', ')}.`);
}
