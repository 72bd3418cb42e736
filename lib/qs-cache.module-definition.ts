import { ConfigurableModuleBuilder, type ConfigurableModuleAsyncOptions, type DynamicModule } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { InvalidConfigurationError } from './errors.js';
import { meantOption } from './naming/meant-option.js';
import { QsCacheCore } from './qs-cache.core.js';
import { checkOptions, QSCACHE_OPTIONS, type QsCacheOptions } from './qs-cache.options.js';
import { whatIs } from './query/what-is.js';

/** What `forRoot` was given, and a factory has returned, before anybody has looked at it. */
const GIVEN = Symbol('QSCACHE_GIVEN_OPTIONS');

/** Gives `forRootAsync` its `useFactory`, `useClass` and `useExisting`. Without extras, for which Nest would copy options and lose accessors. */
const { ConfigurableModuleClass: Configurable } = new ConfigurableModuleBuilder<QsCacheOptions>({
  optionsInjectionToken: GIVEN,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createQsCacheOptions')
  .build();

/** What says where asynchronous options come from. */
const SOURCES = ['useFactory', 'useClass', 'useExisting'];

/** What `forRootAsync` takes. */
const ASYNC = [...SOURCES, 'inject', 'imports', 'provideInjectionTokensFrom'];

export class ConfigurableModuleClass extends Configurable {
  /**
   * The options of the application, once.
   *
   * @throws {InvalidConfigurationError} where it is called for what is no object; else while the application boots: an option there is
   *   not, or out of its range, or a second `forRoot`
   */
  static override forRoot(options: QsCacheOptions): DynamicModule {
    return checking(Configurable.forRoot.call(this, checkObject('forRoot', options)));
  }

  /**
   * The same, with options that are made by a factory while the application boots.
   *
   * @throws {InvalidConfigurationError} where it is called for what names no factory; else as `forRoot`
   */
  static override forRootAsync(
    options: ConfigurableModuleAsyncOptions<QsCacheOptions, 'createQsCacheOptions'>,
  ): DynamicModule {
    const names = Object.keys(checkObject('forRootAsync', options));
    const unknown = names.find((name) => !ASYNC.includes(name));
    if (unknown !== undefined) {
      throw new InvalidConfigurationError(
        'QSCACHE_OPTION',
        `QsCacheModule.forRootAsync was given ${JSON.stringify(unknown)}, which it does not take, so nothing would come of it. ${meantOption(unknown, ASYNC) ?? 'Return options from useFactory; it is global as it is.'}`,
      );
    }
    if (!SOURCES.some((name) => options[name as keyof typeof options])) {
      throw new InvalidConfigurationError(
        'QSCACHE_OPTION',
        'QsCacheModule.forRootAsync was given neither useFactory nor useClass nor useExisting, so there is nowhere its options could come from. Give one of them, or use forRoot.',
      );
    }
    return checking(Configurable.forRootAsync.call(this, options));
  }
}

/** Global, so that every `forFeature` finds the options. */
function checking(definition: DynamicModule): DynamicModule {
  return {
    ...definition,
    global: true,
    providers: [
      ...(definition.providers ?? []),
      {
        provide: QSCACHE_OPTIONS,
        useFactory: (given: unknown, modules: ModulesContainer) => {
          checkRoots(modules);
          return checkOptions(given);
        },
        inject: [GIVEN, ModulesContainer],
      },
    ],
    exports: [QSCACHE_OPTIONS],
  };
}

function checkObject<T extends object>(method: string, options: T): T {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return options;
  throw new InvalidConfigurationError(
    'QSCACHE_OPTION',
    `QsCacheModule.${method} was given ${whatIs(options)} and no object, so what it should say is unknown. Give an object of options, or leave ${method} out where the defaults will do.`,
  );
}

/** One core has one set of options, and takes it when it is made: what comes beside or later would be passed over. */
function checkRoots(modules: ModulesContainer): void {
  const all = [...modules.values()];
  const roots = all.filter(({ providers }) => providers.has(GIVEN)).length;
  if (roots > 1) {
    throw new InvalidConfigurationError(
      'QSCACHE_ROOT',
      `QsCacheModule.forRoot (or forRootAsync) is called ${roots} times in this application, so only one of them would be heard, and nobody could say which. Keep one, in the application's root module: it holds for every forFeature.`,
    );
  }
  const core = all.map(({ providers }) => providers.get(QsCacheCore)?.instance).find((instance) => instance);
  // Before its constructor has run there stands a bare object in its place.
  if (core && Object.keys(core).length) {
    throw new InvalidConfigurationError(
      'QSCACHE_ROOT',
      "QsCacheModule.forRoot comes when the cache has its options already, as of a module that is loaded lazily, so nothing would come of it. Import it in the application's root module.",
    );
  }
}
