import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Dependency } from '../cache/dependency.js';
import type { Loaded } from '../cache/read-request.js';
import { entityCodec, type Written } from '../codec/entity-codec.js';
import { UnsupportedValueError } from '../errors.js';
import type { Fetched } from './committed-loads.js';

/** What the cache may do with entities: hand out copies, and store them under their dependencies. */
export function share(
  metadata: EntityMetadata,
  { entities, unshared, wholeTables }: Fetched,
  dependencies: readonly Dependency[] | undefined,
  footprints?: Loaded<unknown>['footprints'],
): Loaded<ObjectLiteral[]> {
  const written = write(metadata, entities);
  if (written instanceof UnsupportedValueError)
    return { own: entities, skipped: unshared ?? { reason: 'unsupported', detail: written.message } };
  const { payload, keptOut } = written;
  if (unshared) return { own: entities, payload, skipped: unshared };
  if (keptOut !== undefined) return { own: entities, payload, skipped: { reason: 'private', detail: keptOut } };
  if (!dependencies) return { own: entities, payload };
  const known = dependencies.map((dependency) =>
    wholeTables?.has(dependency.clock) ? { clock: dependency.clock } : dependency,
  );
  return { own: entities, payload, dependencies: known, footprints };
}

/** Of a query whose author has changed a value in it after the call: whose rows these are nobody can say. */
export function keepToOneself({ entities, unshared }: Fetched): Loaded<ObjectLiteral[]> {
  const detail = 'a value in its query was changed after the call';
  return { own: entities, skipped: unshared ?? { reason: 'uncovered', detail } };
}

/** Whether copies of an entity can be handed out. */
export function canShare(metadata: EntityMetadata, entity: ObjectLiteral): boolean {
  return !(write(metadata, [entity]) instanceof UnsupportedValueError);
}

function write(metadata: EntityMetadata, entities: ObjectLiteral[]): Written | UnsupportedValueError {
  try {
    return entityCodec(metadata).write(entities);
  } catch (error) {
    if (error instanceof UnsupportedValueError) return error;
    throw error;
  }
}
