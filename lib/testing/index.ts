export {
  cacheStoreContract,
  type ContractRunner,
  type MakeStore,
  type StoreUnderTest,
} from './cache-store.contract.js';
export { expectQueries } from './expect-queries.js';
export { QsCacheTestingModule, type QsCacheTestingOptions } from './qs-cache-testing.module.js';
