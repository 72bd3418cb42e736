import type { DataSource } from 'typeorm';

/** Options by which a driver makes values of what the database sends: TypeORM's, and those that `extra` hands on to the driver. */
const OPTIONS = [
  'timezone',
  'dateStrings',
  'supportBigNumbers',
  'bigNumberStrings',
  'decimalNumbers',
  'jsonStrings',
  'typeCast',
  'legacySpatialSupport',
  // PostgreSQL's, of a session: intervalstyle, datestyle.
  'options',
];

/** As `pg` has them: for the whole process, or for one pool in `extra`. */
interface PgTypes {
  readonly builtins?: Readonly<Record<string, number>>;
  getTypeParser(type: number): unknown;
}

interface Options {
  readonly [name: string]: unknown;
  readonly types?: PgTypes;
}

/**
 * How this process reads values of the database, beyond what entities say: entries of one that reads them otherwise (numbers as texts,
 * dates in another time zone) show what `find` does not give here.
 */
export function driverValues({ options, driver }: DataSource): readonly string[] {
  const extra = (options as { extra?: Options }).extra ?? {};
  const said = [options as unknown as Options, extra].flatMap((from) =>
    OPTIONS.map((name) => JSON.stringify(from[name], functionAsText) ?? ''),
  );
  const types = extra.types ?? (driver as { postgres?: { types?: PgTypes } }).postgres?.types;
  const parsers = types ? Object.values(types.builtins ?? {}).map((type) => String(types.getTypeParser(type))) : [];
  return [Intl.DateTimeFormat().resolvedOptions().timeZone, ...said, ...parsers];
}

function functionAsText(_: string, value: unknown): unknown {
  return typeof value === 'function' ? String(value) : value;
}
