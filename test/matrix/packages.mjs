// What a combination installs.
import { versioned } from './combinations.mjs';
import { runnerOf } from './runners.mjs';

/** What the stores of app/stores import. */
const stores = {
  'ioredis-yet-5': () => ({ 'cache-manager-ioredis-yet': '2', ioredis: '5' }),
  'ioredis-yet': () => ({ 'cache-manager-ioredis-yet': '2', ioredis: '5' }),
  'keyv-redis': (version) => ({ '@keyv/redis': version }),
  'given-ioredis': () => ({ ioredis: '5' }),
  'given-node-redis': (version) => ({ '@redis/client': version }),
};

export function manifest(combination, tarball) {
  const { nest, keyv, modules, typescript } = combination;
  const [store, version] = versioned(combination.store);
  return {
    private: true,
    type: modules,
    dependencies: {
      'nestjs-qscache': `file:${tarball}`,
      '@nestjs/cache-manager': combination['nestjs-cache'],
      '@nestjs/common': nest,
      '@nestjs/core': nest,
      '@nestjs/platform-express': nest,
      '@nestjs/typeorm': combination['nestjs-typeorm'],
      'cache-manager': combination['cache-manager'],
      ...(keyv && { keyv }),
      pg: '8',
      'reflect-metadata': '0.2',
      rxjs: '7',
      'sql.js': '1',
      typeorm: combination.typeorm,
      ...stores[store](version),
    },
    devDependencies: { '@types/node': '20', '@types/pg': '8', typescript, ...runnerOf(combination).packages },
  };
}
