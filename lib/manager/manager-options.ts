import {
  type DataSource,
  type EntityMetadata,
  type EntityTarget,
  getMetadataArgsStorage,
  type ObjectLiteral,
} from 'typeorm';
import { entityCodec } from '../codec/entity-codec.js';
import { InvalidConfigurationError } from '../errors.js';
import { type RelationNode, relationTree } from '../load/relation-paths.js';
import { entityClock, namedTable, tableClock } from '../naming/table-clocks.js';
import { nameOf, type TableTarget } from '../naming/table-target.js';
import { checkFields } from './check-fields.js';
import { checkShared } from './check-shared.js';
import { checkTimes } from './check-times.js';
import { checkScope } from './scope.js';

/** What a manager class says of itself, read once its constructor has run. */
export interface ManagerDeclaration {
  readonly model: EntityTarget<ObjectLiteral>;
  readonly cacheKey: string | undefined;
  readonly relatedObjects: readonly string[];
  readonly prefetchRelatedObjects: readonly string[];
  readonly usePrefetchRelatedForList: boolean;
  readonly listTimeout: number;
  readonly detailTimeout: number;
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
  readonly timeoutJitter: number;
  readonly notFoundTimeout: number;
  readonly exceptionClass: unknown;
  readonly dependsOn: readonly TableTarget[];
  readonly alsoWrites: readonly TableTarget[];
  readonly cacheVolatile: boolean;
  readonly neverCache: readonly string[];
  readonly nearCache: boolean;
  readonly shared: boolean;
  readonly scope: unknown;
}

/** A declaration that was checked against its DataSource. */
export interface ManagerOptions {
  readonly name: string;
  readonly metadata: EntityMetadata;
  readonly cacheKey: string;
  readonly relations: readonly RelationNode[];
  /** Clocks of the tables it depends on beyond what metadata tells. */
  readonly dependsOn: readonly string[];
  /** Clocks of the tables that change along with its own. */
  readonly alsoWrites: readonly string[];
  /** For the boot log. */
  readonly warnings: readonly string[];
}

/** @throws {InvalidConfigurationError} naming the manager, what is wrong with it and what to do */
export function managerOptions(
  name: string,
  manager: ManagerDeclaration,
  dataSource: DataSource,
  dataSourceName: string,
): ManagerOptions {
  const fieldWarnings = checkFields(name, manager);
  checkScope(name, manager);
  if (!manager.model) {
    throw new InvalidConfigurationError(
      'QSCACHE_MODEL_MISSING',
      `${name} has no model, so there is nothing it could load. Set model = YourEntity in the class.`,
    );
  }
  if (!dataSource.hasMetadata(manager.model)) {
    const model = nameOf(manager.model);
    const add = `to the entities of that DataSource (TypeOrmModule.forFeature([${model}]) with autoLoadEntities)`;
    const remedy = isUndecorated(manager.model)
      ? `It has no @Entity(), without which TypeORM passes over a class: write it above ${model}, and add ${model} ${add}.`
      : `Add it ${add}, or name another DataSource in QsCacheModule.forFeature([...], dataSource).`;
    throw new InvalidConfigurationError(
      'QSCACHE_ENTITY_NOT_REGISTERED',
      `${name}.model is ${model}, which the DataSource "${dataSourceName}" does not know, so it could not be queried. ${remedy}`,
    );
  }
  const metadata = dataSource.getMetadata(manager.model);
  const cacheKey = manager.cacheKey ?? metadata.name.toLowerCase();
  if (typeof cacheKey !== 'string' || cacheKey === '' || /[\s\p{C}]/u.test(cacheKey)) {
    throw new InvalidConfigurationError(
      'QSCACHE_CACHE_KEY',
      `${name}.cacheKey is ${JSON.stringify(cacheKey)}, which cannot name entries. Give a text without spaces, or leave it out for "${metadata.name.toLowerCase()}".`,
    );
  }
  const warnings = [...fieldWarnings, ...checkTimes(name, manager)];
  if (typeof manager.exceptionClass !== 'function' || !manager.exceptionClass.prototype) {
    throw new InvalidConfigurationError(
      'QSCACHE_EXCEPTION_CLASS',
      `${name}.exceptionClass is no class, so get() could not throw it. Give an Error class, such as NotFoundException.`,
    );
  }
  for (const path of manager.neverCache) keepOut(name, metadata, path);
  const relations = relationTree(name, metadata, manager.relatedObjects, manager.prefetchRelatedObjects);
  const view = [metadata, ...related(relations)].find(({ tableType }) => tableType === 'view');
  if (view && !manager.dependsOn.length) {
    throw new InvalidConfigurationError(
      'QSCACHE_VIEW_WITHOUT_TABLES',
      `${name} reads the view ${view.name}, and no write ever names a view, so its entries would never become stale. List the tables the view reads in dependsOn.`,
    );
  }
  if (manager.shared) checkShared(name, [metadata, ...related(relations)]);
  return {
    name,
    metadata,
    cacheKey,
    relations,
    dependsOn: manager.dependsOn.map((table) => clockOf(name, 'dependsOn', dataSource, table)),
    alsoWrites: manager.alsoWrites.map((table) => clockOf(name, 'alsoWrites', dataSource, table)),
    warnings,
  };
}

function keepOut(manager: string, metadata: EntityMetadata, path: string): void {
  if (entityCodec(metadata).keepOut(path)) return;
  throw new InvalidConfigurationError(
    'QSCACHE_NEVER_CACHE',
    `${manager}.neverCache names ${JSON.stringify(path)}, which ${metadata.name} does not have, so whatever was meant would be cached. Name a property of ${metadata.name} itself, inside of an embedded object with a dot; of a related entity, say it in that entity's own manager.`,
  );
}

function related(nodes: readonly RelationNode[]): EntityMetadata[] {
  return nodes.flatMap(({ relation, children }) => [relation.inverseEntityMetadata, ...related(children)]);
}

/** A class nobody has made an entity of, in whichever copy of TypeORM: they keep one storage. */
function isUndecorated(model: unknown): boolean {
  return typeof model === 'function' && !getMetadataArgsStorage().tables.some(({ target }) => target === model);
}

/** A table's clock from an entity, or from a name as the database knows it (`orders`, `sales.orders`). */
function clockOf(manager: string, option: string, dataSource: DataSource, target: TableTarget): string {
  if (dataSource.hasMetadata(target)) return entityClock(dataSource.getMetadata(target));
  if (typeof target !== 'string') {
    throw new InvalidConfigurationError(
      'QSCACHE_ENTITY_NOT_REGISTERED',
      `${manager}.${option} names ${nameOf(target)}, which its DataSource does not know, so no write could be told to concern it. ${target === undefined ? 'A class that is undefined comes from two files that import each other: give the name of its table instead.' : 'Add it to the entities of that DataSource, or give the name of its table.'}`,
    );
  }
  return tableClock(dataSource, namedTable(dataSource, target));
}
