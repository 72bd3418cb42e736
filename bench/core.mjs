// The library's insides that a measurement needs.
import load from '../dist/modules.js';

export const { QsCacheCore } = load('qs-cache.core.js');
