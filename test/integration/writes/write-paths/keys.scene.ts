import { Injectable } from '@nestjs/common';
import { BaseCacheManager } from '../../../../lib/index.js';
import { Capital, Country, Embassy, keyEntities, Mayor } from '../../../fixtures/entities/write-paths-keys.entities.js';
import type { Scene } from './scene.js';

@Injectable()
export class CountryCacheManager extends BaseCacheManager<Country> {
  model = Country;
}

@Injectable()
export class CapitalCacheManager extends BaseCacheManager<Capital> {
  model = Capital;
  override relatedObjects = ['country'] as const;
}

@Injectable()
export class MayorCacheManager extends BaseCacheManager<Mayor> {
  model = Mayor;
  override relatedObjects = ['capital'] as const;
}

/** Shows the code that followed, and no table that was written. */
@Injectable()
export class BareMayorCacheManager extends BaseCacheManager<Mayor> {
  model = Mayor;
  override cacheKey = 'bare-mayor';
}

/** Its country is an eager relation. */
@Injectable()
export class EmbassyCacheManager extends BaseCacheManager<Embassy> {
  model = Embassy;
}

/** What the database does to rows nobody wrote: one statement on a country changes capitals, mayors and embassies. */
export const keys: Scene = {
  name: 'foreign key actions',
  entities: keyEntities,
  managers: [CountryCacheManager, CapitalCacheManager, MayorCacheManager, BareMayorCacheManager, EmbassyCacheManager],
  reset: [
    ...['embassy', 'mayor', 'capital', 'country'].map((table) => `DELETE FROM wp_${table}`),
    "INSERT INTO wp_country (code, name) VALUES ('fr', 'France'), ('de', 'Germany'), ('va', 'Vatican')",
    "INSERT INTO wp_capital (id, name, code) VALUES (1, 'Paris', 'fr'), (2, 'Berlin', 'de'), (3, 'nowhere', NULL)",
    "INSERT INTO wp_mayor (id, name, capital_code) VALUES (1, 'Anne', 'fr'), (2, 'Kai', 'de'), (3, 'nobody', NULL)",
    "INSERT INTO wp_embassy (id, name, country_code, annex_of) VALUES (1, 'rue', 'fr', NULL), (2, 'platz', 'de', NULL), (3, 'annex', NULL, 1)",
  ],
  observers: [
    { sees: 'the country', manager: CountryCacheManager, id: 'fr' },
    { sees: 'another country', manager: CountryCacheManager, id: 'de' },
    { sees: 'the countries', manager: CountryCacheManager },
    { sees: 'its capital', manager: CapitalCacheManager, id: 1 },
    { sees: 'another capital', manager: CapitalCacheManager, id: 2 },
    { sees: 'the capitals', manager: CapitalCacheManager },
    { sees: 'its mayor', manager: MayorCacheManager, id: 1 },
    { sees: 'another mayor', manager: MayorCacheManager, id: 2 },
    { sees: 'the mayors', manager: MayorCacheManager },
    { sees: 'its mayor alone', manager: BareMayorCacheManager, id: 1 },
    { sees: 'another mayor alone', manager: BareMayorCacheManager, id: 2 },
    { sees: 'the mayors alone', manager: BareMayorCacheManager },
    { sees: 'its embassy', manager: EmbassyCacheManager, id: 1 },
    { sees: 'another embassy', manager: EmbassyCacheManager, id: 2 },
    { sees: 'the annex of its embassy', manager: EmbassyCacheManager, id: 3 },
    { sees: 'the embassies', manager: EmbassyCacheManager },
  ],
  paths: [
    { title: 'update of a column nobody refers to', write: (m) => m.update(Country, 'fr', { name: 'Francia' }) },
    { title: 'update of a key, two levels down', write: (m) => m.update(Country, 'fr', { code: 'fx' }) },
    { title: 'raw UPDATE of a key', write: (m) => m.query("UPDATE wp_country SET code = 'fx' WHERE name = 'France'") },
    { title: 'update of a referred column that is no primary key', write: (m) => m.update(Capital, 1, { code: 'va' }) },
    { title: 'delete of the parent sets null, two levels down', write: (m) => m.delete(Country, 'fr') },
    { title: 'remove of the parent', write: async (m) => m.remove(await m.findOneByOrFail(Country, { code: 'fr' })) },
    { title: 'deleteAll of the parents', write: (m) => m.deleteAll(Country) },
    { title: 'delete takes rows of its own table along', write: (m) => m.delete(Embassy, 1) },
    { title: 'delete of the child sets null', write: (m) => m.delete(Capital, 1) },
    {
      title: 'raw REPLACE of the parent',
      on: ['mariadb', 'sqljs'],
      write: (m) => m.query("REPLACE INTO wp_country (code, name) VALUES ('fr', 'Francia')"),
    },
    {
      title: 'raw upsert that changes a key',
      on: ['postgres', 'sqljs'],
      write: (m) =>
        m.query("INSERT INTO wp_country (code, name) VALUES ('fr', 'x') ON CONFLICT (code) DO UPDATE SET code = 'fx'"),
    },
    {
      title: 'ON DUPLICATE KEY UPDATE that changes a key',
      on: ['mariadb'],
      write: (m) =>
        m.query("INSERT INTO wp_country (code, name) VALUES ('fr', 'x') ON DUPLICATE KEY UPDATE code = 'fx'"),
    },
    {
      title: 'data-modifying CTE on the parent',
      on: ['postgres'],
      write: (m) =>
        m.query("WITH gone AS (DELETE FROM wp_country WHERE code = 'fr' RETURNING *) SELECT count(*) FROM gone"),
    },
  ],
};
