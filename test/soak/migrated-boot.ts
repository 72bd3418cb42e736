import type { MigrationInterface } from 'typeorm';
import { WriteAdvances, currentWrite } from './write-advances.js';
import { now } from './now.js';
import type { FromWorker } from './messages.js';
import { migrationOf } from './migration.js';
import type { DatabaseKind } from './options.js';
import type { Random } from './random.js';

export type Migrations = (new () => MigrationInterface)[];

/**
 * Boots with a migration nobody has run. Its rows count as acknowledged from the moment the application has booted: while a
 * DataSource starts there is no application yet that could tell anybody.
 */
export async function bootMigrated<T>(
  kind: DatabaseKind,
  write: number,
  random: Random,
  send: (message: FromWorker) => void,
  boot: (migrations: Migrations) => Promise<T>,
): Promise<T> {
  const begun = now();
  let committing = begun;
  const advances = new WriteAdvances();
  const migration = migrationOf(kind, write, random, () => (committing = now()));
  send({ kind: 'begun', write, path: 'migration', at: begun });
  const booted = await currentWrite.run(advances, () => boot([migration]));
  send({ kind: 'settled', write, outcome: 'acknowledged', at: now(), committing, owed: advances.owed });
  return booted;
}
