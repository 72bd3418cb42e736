import { parseArgs } from 'node:util';
import { concerns, type Fault, faults, isOfTracking } from './faults.js';
import { castOf, type Mode, modes, optionalRoles, type Role } from './modes.js';

const kinds = ['postgres', 'mariadb'] as const;
export type DatabaseKind = (typeof kinds)[number];

export interface SoakOptions {
  readonly seconds: number;
  readonly database: DatabaseKind;
  readonly mode: Mode;
  /** Roles nobody plays this time: to tell one hole from another. */
  readonly without: readonly Role[];
  /** Redis tells of changes, and what it has not told of is shown without a question. */
  readonly tracking: boolean;
  readonly fault: Fault | undefined;
  readonly seed: number;
}

export function parseOptions(args: string[]): SoakOptions {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '60' },
      database: { type: 'string', default: 'postgres' },
      mode: { type: 'string' },
      without: { type: 'string', default: '' },
      tracking: { type: 'boolean', default: false },
      break: { type: 'string' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    },
  });
  const fault = values.break === undefined ? undefined : oneOf('break', values.break, namesOf(faults));
  const shownIn = fault && faults[fault].mode;
  const mode = oneOf('mode', values.mode ?? shownIn ?? 'crashes', namesOf(modes));
  const without = values.without.split(',').filter(Boolean);
  const left = without.map((role) => oneOf('without', role, optionalRoles));
  if (fault && !castOf(mode, left).some((part) => concerns(fault, part))) {
    throw new Error(
      `--break ${fault} breaks nobody who takes part in this run, so it would prove nothing. Give --mode ${shownIn}, or --without others.`,
    );
  }
  return {
    seconds: numberOf('seconds', values.seconds),
    database: oneOf('database', values.database, kinds),
    mode,
    without: left,
    tracking: values.tracking || (fault !== undefined && isOfTracking(fault)),
    fault,
    seed: numberOf('seed', values.seed),
  };
}

function namesOf<T extends string>(record: Readonly<Record<T, unknown>>): T[] {
  return Object.keys(record) as T[];
}

function numberOf(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`--${name} is ${text}, so the soak cannot start. Give a whole number.`);
}

function oneOf<T extends string>(name: string, text: string, known: readonly T[]): T {
  if ((known as readonly string[]).includes(text)) return text as T;
  throw new Error(`--${name} is ${text}, so the soak cannot start. Give one of ${known.join(', ')}.`);
}
