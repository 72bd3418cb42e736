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

/** What the databases of app/databases import, and TypeORM after them. */
const drivers = {
  postgres: { dependencies: { pg: '8' }, devDependencies: { '@types/pg': '8' } },
  mariadb: { dependencies: { mysql2: '3' }, devDependencies: {} },
};

export function manifest(combination, tarball) {
  const { nest, keyv, modules, typescript } = combination;
  const [store, version] = versioned(combination.store);
  const driver = drivers[combination.database];
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
      'reflect-metadata': '0.2',
      rxjs: '7',
      'sql.js': '1',
      typeorm: combination.typeorm,
      ...stores[store](version),
      ...driver.dependencies,
    },
    devDependencies: { '@types/node': '20', typescript, ...driver.devDependencies, ...runnerOf(combination).packages },
  };
}
