import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Dependency } from '../cache/dependency.js';
import type { Loaded } from '../cache/read-request.js';
import { countText } from '../codec/count.js';
import { entityCodec, type Written } from '../codec/entity-codec.js';
import { UnsupportedValueError } from '../errors.js';
import type { Counted, Fetched, Provenance } from './committed-loads.js';

/** What the cache may do with entities: hand out copies, and store them under their dependencies. */
export function share(
  metadata: EntityMetadata,
  { entities, ...provenance }: Fetched,
  dependencies: readonly Dependency[] | undefined,
  footprints?: Loaded<unknown>['footprints'],
): Loaded<ObjectLiteral[]> {
  const { unshared } = provenance;
  const written = write(metadata, entities);
  if (written instanceof UnsupportedValueError)
    return { own: entities, skipped: unshared ?? { reason: 'unsupported', detail: written.message } };
  const { payload, keptOut } = written;
  if (!unshared && keptOut !== undefined)
    return { own: entities, payload, skipped: { reason: 'private', detail: keptOut } };
  return shareAs(payload, entities, provenance, dependencies, footprints);
}

/** The same of a number of rows. */
export function shareCount(
  { count, ...provenance }: Counted,
  dependencies: readonly Dependency[],
  footprints: Loaded<unknown>['footprints'],
): Loaded<number> {
  return shareAs(countText(count), count, provenance, dependencies, footprints);
}

function shareAs<T>(
  payload: string,
  own: T,
  { unshared, wholeTables }: Provenance,
  dependencies: readonly Dependency[] | undefined,
  footprints: Loaded<unknown>['footprints'],
): Loaded<T> {
  if (unshared) return { own, payload, skipped: unshared };
  if (!dependencies) return { own, payload };
  const known = dependencies.map((dependency) =>
    wholeTables?.has(dependency.clock) ? { clock: dependency.clock } : dependency,
  );
  return { own, payload, dependencies: known, footprints };
}

/** Of a query whose author has changed a value in it after the call: what this is the answer to nobody can say. */
export function keepToOneself<T>(own: T, { unshared }: Provenance): Loaded<T> {
  const detail = 'a value in its query was changed after the call';
  return { own, skipped: unshared ?? { reason: 'uncovered', detail } };
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
