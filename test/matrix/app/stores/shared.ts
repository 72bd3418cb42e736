// The store of this combination: the matrix writes this file anew for each.
export * from './keyv-redis.js';
