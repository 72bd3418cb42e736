import type { EntityMetadata } from 'typeorm';
import { dataSourceOf } from '../peers/typeorm.js';
import { databaseIdentity } from './database-identity.js';
import { shortDigest } from './text-key.js';

/**
 * Tells a table from all others, those included that share its clock: names of clocks are folded to lower case, and do not say which server
 * a database is on. To share a clock is to hear of more writes than one's own; what rows hold is nothing to be shared.
 */
export function tableIdentity(metadata: EntityMetadata): string {
  return shortDigest(`${databaseIdentity(dataSourceOf(metadata))}\n${metadata.tablePath}`);
}
