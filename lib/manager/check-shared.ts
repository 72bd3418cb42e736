import type { EntityMetadata } from 'typeorm';
import { isAccessor, prototypeOf } from '../codec/member.js';
import { InvalidConfigurationError } from '../errors.js';

/** @throws {InvalidConfigurationError} where code of an entity would write to instances that nobody may change */
export function checkShared(name: string, entities: readonly EntityMetadata[]): void {
  for (const metadata of entities.flatMap((each) => [each, ...each.childEntityMetadatas])) {
    const [listener] = metadata.afterLoadListeners;
    if (listener) {
      throw new InvalidConfigurationError(
        'QSCACHE_SHARED',
        `${name} is shared, and ${metadata.name}.${listener.propertyName}() is an @AfterLoad, which writes to what it is given: instances that everybody has are frozen. Leave shared out, or make a getter of what it sets.`,
      );
    }
    const setter = [...metadata.ownColumns, ...metadata.ownRelations].find(({ propertyName }) =>
      isAccessor(prototypeOf(metadata.target), propertyName),
    );
    if (setter) {
      throw new InvalidConfigurationError(
        'QSCACHE_SHARED',
        `${name} is shared, and ${metadata.name}.${setter.propertyName} has a setter: what that writes to is hidden, so it could not be frozen. Leave shared out, or make a property of it.`,
      );
    }
  }
}
