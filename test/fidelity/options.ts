import { parseArgs } from 'node:util';
import { storeNames, type StoreName } from './application.js';
import { type DatabaseName, databaseNames } from './entity-set.js';

export interface FidelityOptions {
  readonly databases: readonly DatabaseName[];
  readonly stores: readonly StoreName[];
  /** Part of a set's name. */
  readonly only: string;
  /** Every failure instead of one of each kind. */
  readonly all: boolean;
}

export function parseOptions(args: string[]): FidelityOptions {
  const { values } = parseArgs({
    args,
    options: {
      database: { type: 'string', default: databaseNames.join() },
      store: { type: 'string', default: storeNames.join() },
      only: { type: 'string', default: '' },
      all: { type: 'boolean', default: false },
    },
  });
  return {
    databases: values.database.split(',').map((name) => oneOf('database', name, databaseNames)),
    stores: values.store.split(',').map((name) => oneOf('store', name, storeNames)),
    only: values.only,
    all: values.all,
  };
}

function oneOf<T extends string>(name: string, text: string, known: readonly T[]): T {
  if ((known as readonly string[]).includes(text)) return text as T;
  throw new Error(`--${name} is ${text}, so the comparison cannot start. Give one of ${known.join(', ')}.`);
}
