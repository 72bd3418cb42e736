import {
  ConfigurableModuleBuilder,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type FactoryProvider,
  type Provider,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { InvalidConfigurationError } from './errors.js';
import { meantOption } from './naming/meant-option.js';
import { nearestName } from './naming/near-name.js';
import { QsCacheCore } from './qs-cache.core.js';
import { checkOptions, QSCACHE_OPTIONS, type QsCacheOptions, type QsCacheOptionsFactory } from './qs-cache.options.js';
import { whatIs } from './query/what-is.js';

/** What `forRoot` was given, and a factory has returned, before anybody has looked at it. */
const GIVEN = Symbol('QSCACHE_GIVEN_OPTIONS');

/** What a class that makes options must have. */
const METHOD = 'createQsCacheOptions';

/** Gives `forRootAsync` its `useFactory`, `useClass` and `useExisting`. Without extras, for which Nest would copy options and lose accessors. */
const { ConfigurableModuleClass: Configurable } = new ConfigurableModuleBuilder<QsCacheOptions>({
  optionsInjectionToken: GIVEN,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName(METHOD)
  .build();

type AsyncOptions = ConfigurableModuleAsyncOptions<QsCacheOptions, typeof METHOD>;

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
    return checking(askingFactory(Configurable.forRootAsync.call(this, options), options));
  }
}

/** Nest calls the method whether there is one or not. */
function askingFactory(definition: DynamicModule, { useFactory, useClass, useExisting }: AsyncOptions): DynamicModule {
  if (useFactory) return definition;
  const [source, token] = useExisting ? ['useExisting', useExisting] : ['useClass', useClass];
  const ask = async (factory: unknown) => {
    checkFactory(source, token, factory);
    return factory.createQsCacheOptions();
  };
  const providers = (definition.providers ?? []).map((provider) =>
    isGiven(provider) ? { ...provider, useFactory: ask } : provider,
  );
  return { ...definition, providers };
}

const isGiven = (provider: Provider): provider is FactoryProvider =>
  typeof provider === 'object' && provider.provide === GIVEN;

function checkFactory(source: string, token: unknown, factory: unknown): asserts factory is QsCacheOptionsFactory {
  if (typeof (factory as Partial<QsCacheOptionsFactory> | undefined)?.[METHOD] === 'function') return;
  const name = typeof token === 'function' ? token.name : String(token);
  const near = nearestName(METHOD, methodsOf(factory))?.name;
  throw new InvalidConfigurationError(
    'QSCACHE_OPTION',
    `QsCacheModule.forRootAsync({ ${source}: ${name} }) was given what has no method ${METHOD}(), so there is nowhere its options could come from. ${near ? `Is its ${near}() meant? Call that ${METHOD}.` : `Let ${name} implement QsCacheOptionsFactory, or use useFactory.`}`,
  );
}

function methodsOf(factory: unknown): string[] {
  const isObject = typeof factory === 'object' && factory !== null;
  return isObject
    ? [factory, Object.getPrototypeOf(factory) as object].flatMap((each) => Object.getOwnPropertyNames(each ?? {}))
    : [];
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
