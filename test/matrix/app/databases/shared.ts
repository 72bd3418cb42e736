// The database of this combination: the matrix writes this file anew for each.
export * from './postgres.js';
