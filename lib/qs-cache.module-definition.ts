import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { QsCacheOptions } from './qs-cache.options.js';

export const QSCACHE_OPTIONS = Symbol('QSCACHE_OPTIONS');

/** Gives `forRootAsync` its `useFactory`, `useClass` and `useExisting`; global, so that every `forFeature` finds the options. */
export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<QsCacheOptions>({
  optionsInjectionToken: QSCACHE_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createQsCacheOptions')
  .setExtras({}, (definition) => ({ ...definition, global: true, exports: [QSCACHE_OPTIONS] }))
  .build();
