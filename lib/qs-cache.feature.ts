import type { ModuleMetadata } from '@nestjs/common';
import { type DataSource, type DataSourceOptions, InstanceChecker } from 'typeorm';
import { InvalidConfigurationError } from './errors.js';

/**
 * How `QsCacheModule.forFeature` registers its managers.
 *
 * @example
 * QsCacheModule.forFeature([PriceCacheManager], { imports: [RatesModule], dataSource: 'shop' }); // costs no query
 *
 * @publicApi
 */
export interface QsCacheFeatureOptions {
  /** Modules that export what the managers inject. Default: none; what global modules export is there anyway. */
  readonly imports?: ModuleMetadata['imports'] | undefined;
  /** The DataSource their models belong to, as in `TypeOrmModule.forFeature`. Default: the default one. */
  readonly dataSource?: DataSource | DataSourceOptions | string | undefined;
  /**
   * `false`: the importing module has the managers among its own `providers`, where they may inject what it has, exported or not; this
   * only binds them. Default `true`.
   */
  readonly provide?: boolean | undefined;
}

/** What may be the second argument of `forFeature`. TypeORM's options are those that have a `type`. */
export type FeatureArgument = DataSource | DataSourceOptions | string | QsCacheFeatureOptions;

const KNOWN: ReadonlySet<string> = new Set<keyof QsCacheFeatureOptions>(['imports', 'dataSource', 'provide']);

/** @throws {InvalidConfigurationError} for an option there is none of, such as a DataSource's without its `type` */
export function featureOptions(argument: FeatureArgument | undefined): QsCacheFeatureOptions {
  if (!argument) return {};
  if (isDataSourceArgument(argument)) return { dataSource: argument };
  const unknown = Object.keys(argument).filter((name) => !KNOWN.has(name));
  if (unknown.length) {
    throw new InvalidConfigurationError(
      'QSCACHE_OPTION',
      `QsCacheModule.forFeature() was given ${unknown.join(', ')}, which it does not know, so its managers might belong to another DataSource than you meant. Give imports, dataSource or provide; or as second argument a DataSource, its name or its options with their type.`,
    );
  }
  return argument;
}

function isDataSourceArgument(argument: FeatureArgument): argument is DataSource | DataSourceOptions | string {
  return typeof argument === 'string' || InstanceChecker.isDataSource(argument) || 'type' in argument;
}
